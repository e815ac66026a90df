// SPDX-License-Identifier: MIT

/**
 * Replays what the existing Identity Service was seen to do with a hub that throttles, is away,
 * cuts connections or never answers. What differs on purpose stands in `differences.json`.
 */

import assert from "node:assert/strict";
import { comparableText } from "./identityd_compare.ts";
import { type Identityd, prepareIdentityd } from "./identityd_daemon.ts";
import { ask, eventually } from "./identityd_world.ts";
import { type HubAnswer, type HubExchange, ScriptedHub } from "./scripted_hub.ts";

interface RecordedCall {
  request: string;
  body?: unknown;
  status: number;
  answer: string;
  sentAt: number;
}

interface Recorded {
  name: string;
  /** Of a start: its configuration. */
  config?: string;
  /** What the hub was asked, and its answer, or what it did instead. */
  hub: { request: string; answer: HubAnswer | "close" | "never" }[];
  caller?: RecordedCall;
  /** Callers that came while the first one waited. */
  otherCallers?: RecordedCall[];
  log: string[];
}

interface Recording {
  hub: string;
  deviceKeyBase64: string;
  cases: Recorded[];
}

/** What of a case differs on purpose. */
interface Difference {
  cases: string[];
  reason: string;
  /** How many requests the hub gets. */
  hub?: number;
  /** The pauses, in seconds, after 429 and after answers that mean "away". */
  sleeping?: number[];
  answered?: number[];
  /** How often an attempt fails, and how many schedules of 429 are gone through. */
  failures?: number;
  throttles?: number;
  /** The status of other callers' answers. */
  others?: Record<string, number>;
  /** The service starts instead of ending. */
  starts?: true;
  /** The service serves, and tells this reason why there is no device. */
  refused?: string;
}

const VECTORS = new URL("../vectors/identityd-throttling/", import.meta.url).pathname;
const read = async (name: string) => JSON.parse(await Deno.readTextFile(`${VECTORS}${name}`));
const RECORDING: Recording = await read("cases.json");
const DIFFERENCES = new Map(
  (await read("differences.json") as Difference[])
    .flatMap((entry) => entry.cases.map((name) => [name, entry] as const)),
);

/** Twelve minutes of patience become some seconds. */
const TIME_SCALE = 0.02;
/** An attempt takes a few seconds where it is never answered. */
const LIMIT_SCALE = 0.05;

Deno.test("a hub that is slow, away or impatient is treated as recorded", async (t) => {
  const dir = await Deno.makeTempDir();
  try {
    await using hub = await ScriptedHub.open(dir);
    const here = (text: string) => text.replaceAll(RECORDING.hub, hub.host);
    await using identityd = await prepareIdentityd({
      config: () => "",
      keys: { "dev-key": Uint8Array.fromBase64(RECORDING.deviceKeyBase64) },
      caPath: hub.caPath,
      timeScale: TIME_SCALE,
      limitScale: LIMIT_SCALE,
      // Shows what is done in the background.
      env: { AZIOT_LOG: "debug" },
    });
    const unused = new Set(DIFFERENCES.keys());
    for (const recorded of RECORDING.cases) {
      const difference = DIFFERENCES.get(recorded.name);
      unused.delete(recorded.name);
      await t.step(recorded.name, async () => {
        hub.script(recorded.hub.map(exchangeOf));
        const before = identityd.daemon.log().length;
        const { config, caller } = recorded;
        if (config !== undefined) {
          await identityd.daemon.stop();
          if (recorded.name.includes("without a backup")) await clear(identityd.home);
          await identityd.configure((home) =>
            here(config).replace(/homedir = "[^"]*"/, `homedir = "${home}"`)
              .replace("uid = 0", `uid = ${Deno.uid() ?? 0}`)
          );
          await start(identityd, difference);
        } else if (caller) {
          await compareCalls(identityd, recorded, caller, difference, here);
          assert.equal(hub.asked.length, difference?.hub ?? recorded.hub.length);
          assertFreshTokens(hub.asked);
          await settled(() =>
            compareLogs(identityd.daemon.log().slice(before), recorded.log, difference)
          );
          if (isReprovisioning(caller) && caller.status !== 204) await catchUp(identityd, hub);
        }
      });
    }
    assert.deepEqual([...unused], [], "differences of cases that do not exist");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

function isReprovisioning({ request }: RecordedCall): boolean {
  return request.endsWith("/reprovision");
}

/** Lets a hub that works answer the attempt in the background that follows a failed one. */
async function catchUp(identityd: Identityd, hub: ScriptedHub): Promise<void> {
  const works = RECORDING.cases.find(({ caller }) =>
    caller !== undefined && isReprovisioning(caller) && caller.status === 204
  );
  assert.ok(works);
  const before = identityd.daemon.log().length;
  hub.script(works.hub.map(exchangeOf));
  await eventually(
    "the attempt in the background",
    () => identityd.daemon.log().slice(before).includes("Identity reconciliation complete."),
  );
}

/** An answer may be here before the log's last line has come through its pipe. */
async function settled(check: () => void): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    try {
      return check();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function exchangeOf({ request, answer }: Recorded["hub"][number]): HubExchange {
  const [method = "", target = ""] = request.split(" ");
  const isConditional = method === "DELETE";
  return {
    method,
    target,
    headers: isConditional ? [["if-match", "*"]] : [],
    body: "",
    answer: typeof answer === "string" ? { instead: answer, status: 0, body: "" } : answer,
  };
}

async function clear(home: string): Promise<void> {
  for await (const { name } of Deno.readDir(home)) {
    await Deno.remove(`${home}/${name}`, { recursive: true });
  }
}

async function start(identityd: Identityd, difference: Difference | undefined): Promise<void> {
  const refused = difference?.refused;
  if (refused === undefined) return await identityd.daemon.start();
  // It serves, and is not ready.
  const started = identityd.daemon.start();
  started.catch(() => {});
  await eventually("the reason", async () => {
    try {
      const { status, body } = await ask(identityd.socket, "GET /identities/identity");
      return status === 400 &&
        JSON.stringify(body) ===
          JSON.stringify({ message: `device identity not found\ncaused by: ${refused}` });
    } catch (error) {
      // Its socket is not there yet, or is the one of the daemon before it.
      if (error instanceof Deno.errors.ConnectionRefused) return false;
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  });
  const reason = `The device is refused: ${refused}.`;
  await eventually(reason, () => identityd.daemon.log().includes(reason));
}

async function compareCalls(
  { socket }: Identityd,
  { otherCallers = [] }: Recorded,
  caller: RecordedCall,
  difference: Difference | undefined,
  here: (text: string) => string,
): Promise<void> {
  const call = async ({ request, body, sentAt }: RecordedCall) => {
    await new Promise((resolve) => setTimeout(resolve, sentAt * 1_000 * TIME_SCALE));
    return await ask(socket, request, body);
  };
  const calls = [caller, ...otherCallers];
  const answers = await Promise.all(calls.map(call));
  for (const [index, recorded] of calls.entries()) {
    const answer = answers[index];
    const status = index > 0 ? difference?.others?.[recorded.request] : undefined;
    assert.equal(answer?.status, status ?? recorded.status, recorded.request);
    if (status !== undefined || recorded.answer === "") continue;
    assert.equal(
      comparableText(JSON.stringify(answer?.body)),
      comparableText(here(recorded.answer)),
    );
  }
}

function assertFreshTokens(asked: readonly HubExchange[]): void {
  for (const { headers } of asked) {
    const expiry = headers.map(([, value]) => /&se=(\d+)$/.exec(value)?.[1])
      .find((value) => value !== undefined);
    assert.ok(Number(expiry) * 1_000 > Date.now());
  }
}

/** Pauses and failed attempts, as far as they are recorded; the words of a failure are our own. */
function compareLogs(log: string, recorded: string[], difference: Difference | undefined): void {
  const pauses = (lines: string[], pattern: RegExp) =>
    lines.flatMap((line) => {
      const seconds = pattern.exec(line)?.[1];
      return seconds === undefined ? [] : [Number(seconds)];
    });
  const lines = log.split("\n");
  const throttled = /throttled \(attempt \d of 5\)\. Sleeping for (\d+) seconds/;
  const ours = pauses(lines, throttled);
  const theirs = pauses(recorded, throttled).slice(0, 4 * (difference?.throttles ?? 1));
  if (difference?.sleeping) assert.deepEqual(ours, difference.sleeping);
  else {
    assert.equal(ours.length, theirs.length);
    for (const [index, pause] of ours.entries()) {
      const [base = 0, spread = 0] = [[60, 10], [120, 20], [180, 30], [300, 30]][index] ?? [];
      assert.ok(pause >= base && pause < base + spread, `pause ${index + 1}: ${pause}`);
    }
  }
  const answered = /answered \d+ \(attempt \d of \d\)\. Sleeping for (\d+) seconds/;
  assert.deepEqual(pauses(lines, answered), difference?.answered ?? []);

  const failed = (list: string[]) =>
    list.filter((line) => line.includes("Failed to send HTTP")).length;
  assert.equal(failed(lines), difference?.failures ?? failed(recorded));
}
