// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { startDaemon, type TestDaemon } from "../../services/http/testing/fixture.ts";
import { exchange, get, RawClient } from "../../services/http/testing/raw_client.ts";
import { mutated, type Random, seeded } from "./http_mutations.ts";

const REQUESTS = 6_000;
/** Never more than this, however slow the machine; the count that was reached is printed. */
const TIME_MS = 20_000;
const CALLERS = 12;
const PEER = get("/peer?api-version=2021-05-01");
const OTHERS = [65534, 1000, 4_000_000_000];

/** Sends one mutated request in pieces and looks at what comes back. */
async function attack(daemon: TestDaemon, random: Random): Promise<void> {
  using client = await RawClient.connect(daemon.socket);
  const bytes = mutated(random);
  try {
    for (let at = 0; at < bytes.length;) {
      const end = random(3) === 0 ? at + 1 + random(bytes.length - at) : bytes.length;
      await client.send(bytes.subarray(at, end));
      at = end;
    }
    if (random(5) === 0) return; // gone without a look
    if (random(2) === 0) await client.halfClose();
  } catch {
    // The daemon has had enough already; what it said still counts.
  }
  const received = await client.restWithin(random(4) * 10);
  check(received);
}

/** Whatever the request was: an answer is one of ours, about the caller itself. */
function check(received: string): void {
  for (const [, status] of received.matchAll(/^HTTP\/1\.[01] (\d+) /gm)) {
    assert.ok(
      ["100", "200", "204", "400", "404", "408", "413", "415", "422"].includes(status ?? ""),
    );
  }
  for (const [, pid, uid] of received.matchAll(/"pid":(\d+),"uid":(\d+)/g)) {
    assert.deepEqual([Number(pid), Number(uid)], [Deno.pid, Deno.uid()]);
  }
}

/** Asks who it is, over and over, until told to stop; every answer must be right. */
async function ownIdentity(daemon: TestDaemon, isOver: () => boolean): Promise<number> {
  let asked = 0;
  while (!isOver()) {
    const body = await ownAnswer(daemon);
    if (body === undefined) continue;
    const { pid, uid } = JSON.parse(body) as { pid: number; uid: number };
    assert.deepEqual([pid, uid], [Deno.pid, Deno.uid()]);
    asked++;
  }
  return asked;
}

/** Nothing where the attackers, being of the same user, have used up what that user may have. */
async function ownAnswer(daemon: TestDaemon): Promise<string | undefined> {
  try {
    return (await exchange(daemon.socket, PEER)).body;
  } catch (error) {
    const isReset = error instanceof Error && error.cause instanceof Deno.errors.ConnectionReset;
    if (!isReset) throw error;
    return undefined;
  }
}

/** The same as another user, in a process that ends with a count of its answers when told. */
async function otherIdentity(daemon: TestDaemon, uid: number, over: AbortSignal): Promise<number> {
  const script = `use Socket; $| = 1; my $over = 0; $SIG{TERM} = sub { $over = 1 }; my $n = 0;
    until ($over) {
      my $s; socket $s, AF_UNIX, SOCK_STREAM, 0 or die $!; connect $s, sockaddr_un($ARGV[0]) or die $!;
      syswrite $s, $ARGV[1]; my $r = ""; sysread $s, $r, 4096; next if $over;
      $r =~ /"pid":$$,"uid":$<,/ or die "wrong: $r"; $n++; select undef, undef, undef, 0.005;
    } print $n;`;
  const child = new Deno.Command("/usr/bin/perl", {
    args: ["-e", script, daemon.socket, PEER],
    uid,
    gid: 100,
    cwd: "/",
    clearEnv: true,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  over.addEventListener("abort", () => child.kill("SIGTERM"));
  const { success, stdout, stderr } = await child.output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return Number(new TextDecoder().decode(stdout));
}

Deno.test("mutated requests end nothing, hold up nobody, and mix no identities up", async () => {
  const seed = Number(
    Deno.env.get("AZIOT_FUZZ_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0],
  );
  console.log(`AZIOT_FUZZ_SEED=${seed}`);
  await using daemon = await startDaemon({
    settings: (dir) => ({ sockets: [{ endpoint: `unix://${dir}/s` }], maxConnections: 100 }),
    // A head has three seconds: enough for a bystander on a busy machine.
    env: { AZIOT_DEV_TIME_SCALE: "0.02,0.1" },
  });

  const over = new AbortController();
  const bystanders = [ownIdentity(daemon, () => over.signal.aborted)];
  if (Deno.uid() === 0) {
    bystanders.push(...OTHERS.map((uid) => otherIdentity(daemon, uid, over.signal)));
  }
  const watched = Promise.all(bystanders);
  // Looked at below; until then a wrong answer is nobody's unhandled rejection.
  watched.catch(() => {});
  const end = performance.now() + TIME_MS;
  let sent = 0;
  const caller = async (_: unknown, index: number) => {
    const random = seeded(seed + index);
    for (; sent < REQUESTS && performance.now() < end; sent++) await attack(daemon, random);
  };
  try {
    await Promise.all(Array.from({ length: CALLERS }, caller));
  } finally {
    over.abort();
  }
  const answers = await watched;
  console.log(`${sent} mutated requests; answers to bystanders: ${answers.join(", ")}`);
  assert.ok(answers.every((count) => count > 20), answers.join());

  const { body } = await exchange(daemon.socket, get("/memory?api-version=2021-05-01"));
  assert.ok((JSON.parse(body) as Deno.MemoryUsage).rss < 100 * 1024 * 1024);
  for (const line of daemon.log()) assert.match(line, /^<[3467]>\[(ERR!|WARN|INFO)\] - /);
  const errors = daemon.log().filter((line) => /^<[0-4]>/.test(line));
  assert.deepEqual(errors, []);
  daemon.signal("SIGTERM");
  assert.equal(await daemon.ended(), 0);
});
