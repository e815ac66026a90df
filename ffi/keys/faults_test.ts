// SPDX-License-Identifier: MIT

/** Keys in files under power cuts, full and read-only disks. */

import assert from "node:assert/strict";
import { libraryPath } from "../library_path.ts";

const PLAIN = libraryPath("").replace(/\/$/, "").replace(/-asan$/, "");
const LIBRARY = `${PLAIN}/libaziot_keys.so`;
const WORKER = `${PLAIN}/tests/keys_worker`;

/** How often the worker is killed; a longer run sets more. */
const KILLS = Number(Deno.env.get("AZIOT_KILL_MOMENTS") ?? "10");

async function withHome(run: (home: string) => Promise<void>): Promise<void> {
  const home = await Deno.makeTempDir();
  try {
    await run(home);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

async function output(command: string, args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Lets the worker run and kills it; resolves with the number of rounds it has reported. */
async function killWorker(home: string, afterMilliseconds: number): Promise<number> {
  const worker = new Deno.Command(WORKER, {
    args: [LIBRARY, home, "work"],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const timer = setTimeout(() => worker.kill("SIGKILL"), afterMilliseconds);
  const { signal, stdout } = await worker.output();
  clearTimeout(timer);
  const text = new TextDecoder().decode(stdout);
  assert.equal(signal, "SIGKILL", text);
  // The last line may be cut.
  return text.split("\n").length - 1;
}

/** Numbers from 0 to 1 that a seed decides. */
function* randomNumbers(seed: number): Generator<number, never> {
  let state = seed >>> 0;
  while (true) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

Deno.test("a process that is killed while it changes keys leaves every key whole", async () => {
  const seed = Number(Deno.env.get("AZIOT_TEST_SEED") ?? Date.now() % 2 ** 31);
  console.log(`seed ${seed}, ${KILLS} kills`);
  const random = randomNumbers(seed);
  let rounds = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    await withHome(async (home) => {
      const done = await killWorker(home, 20 + random.next().value * 150);
      rounds += done;
      const { code, stdout, stderr } = await output(WORKER, [
        LIBRARY,
        home,
        "verify",
        String(done),
      ]);
      assert.equal(code, 0, `kill ${kill} after ${done} rounds: ${stdout}${stderr}`);
    });
  }
  assert.ok(rounds > 0, "the worker was always killed before it had done anything");
});

Deno.test("on a full disk old keys work, new ones are refused, and nothing is left over", async () => {
  await withHome(async (home) => {
    const mount = 'mount -t tmpfs -o size=64k none "$1" && exec "$2" "$3" "$1"';
    // Mounting takes root; a namespace of the user's own makes one.
    const namespace = Deno.uid() === 0 ? ["--mount"] : ["--mount", "--map-root-user"];
    const { code, stdout, stderr } = await output("unshare", [
      ...namespace,
      ...["sh", "-c", mount, "sh", home, `${PLAIN}/tests/keys_full_disk`, LIBRARY],
    ]);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stderr, /import key: key "k" in .*\.key: .*no space left on the device/);
    assert.match(stderr, /create key: key "other" in .*\.key: .*no space left on the device/);
  });
});

Deno.test("on a read-only disk keys can be used but not changed", async () => {
  await withHome(async (home) => {
    assert.equal((await output(WORKER, [LIBRARY, home, "once"])).code, 0);
    const mount =
      'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && exec "$2" "$3" "$1" "$4"';
    const namespace = Deno.uid() === 0 ? ["--mount"] : ["--mount", "--map-root-user"];
    const run = (mode: string) =>
      output("unshare", [
        ...namespace,
        ...["sh", "-c", mount, "sh", home, WORKER, LIBRARY, mode],
      ]);
    const { code, stderr } = await run("once");
    assert.equal(code, 1);
    assert.match(stderr, /import key: key "once" in .*: cannot write the key file: Read-only/);
    const { code: useCode, stdout } = await run("use");
    assert.equal(useCode, 0, stdout);
  });
});

Deno.test("a write is made durable once: the file, then its name; the store before", async () => {
  await withHome(async (home) => {
    const calls = "openat,pwrite64,fsync,fdatasync,renameat,renameat2,rename,unlink,unlinkat,mkdir";
    const { code, stderr } = await output("strace", [
      ...["-f", "-y", "-e", `trace=${calls}`, WORKER, LIBRARY, home, "once"],
    ]);
    assert.equal(code, 0, stderr);
    const changes = stderr.split("\n").filter((line) =>
      /^(pwrite64|fsync|fdatasync|rename|unlink|mkdir)/.test(line) || line.includes("O_CREAT")
    );
    const names = changes.map((line) => line.slice(0, line.indexOf("(")));
    assert.deepEqual(names, [
      ...["mkdir", "fsync"],
      ...["openat", "pwrite64", "fsync", "renameat", "fsync"],
    ]);
    assert.match(changes[2] ?? "", /O_WRONLY\|O_CREAT\|O_EXCL\|O_NOFOLLOW\|O_CLOEXEC, 0600/);
    assert.match(changes[4] ?? "", /\.tmp>\)/);
    assert.match(changes[6] ?? "", /keys>\)/);
    for (const line of changes) assert.ok(line.includes(home), line);
  });
});
