// SPDX-License-Identifier: MIT

/**
 * Replays what the existing Identity Service was seen to do: its start, the requests of callers of
 * eight kinds, a hub that answers with errors, reprovisioning, a restart without the hub. What
 * differs on purpose stands, with its reason, in `differences.json` beside the recording.
 */

import assert from "node:assert/strict";
import { comparableText } from "./identityd_compare.ts";
import { type Identityd, prepareIdentityd } from "./identityd_daemon.ts";
import { assertState, renamed, type StateFile } from "./identityd_state.ts";
import { exchange, rawRequest, type RawResponse } from "./raw_http.ts";
import { type HubExchange, ScriptedHub } from "./scripted_hub.ts";

type Header = [name: string, value: string];

interface Recorded {
  name: string;
  hubRequests?: HubExchange[];
  stateFiles?: Record<string, StateFile>;
  log?: string[];
}

interface RecordedStart extends Recorded {
  config: string;
  deviceKeyBase64: string;
  masterKeyBase64: string;
}

interface RecordedRequest extends Recorded {
  request: {
    method: string;
    target: string;
    headers: Header[];
    body?: string;
    /** Absent: root. */
    callerUid?: number;
  };
  response: { status: number; reason: string; headers: Header[]; body: string };
}

/** What of a case differs on purpose; what is absent does not. */
interface Difference {
  cases: string[];
  reason: string;
  status?: number;
  message?: string;
  /** The body of a success, as JSON. */
  body?: unknown;
  /** The hub is asked nothing, or everything recorded twice. */
  hub?: "nothing" | "twice";
  /** The hub is asked in the recorded order about each module only, not over all of them. */
  order?: "of each module";
  /** Parts of targets at the hub, by what is recorded. */
  targets?: Record<string, string>;
}

const VECTORS = new URL("../vectors/identityd-api/", import.meta.url).pathname;
const read = async (name: string) => JSON.parse(await Deno.readTextFile(`${VECTORS}${name}`));

const CASES: Recorded[] = await read("cases.json");
const DIFFERENCES = new Map(
  (await read("differences.json") as Difference[])
    .flatMap((entry) => entry.cases.map((name) => [name, entry] as const)),
);

/** Pauses are short. */
const TIME_SCALE = 0.05;

/** How long a refusal of the device is remembered, with time to spare. */
const REFUSAL_MS = 10_000 * TIME_SCALE * 1.2;

const isRoot = Deno.uid() === 0;

Deno.test({
  name: "the recorded requests get the recorded answers, and the hub the recorded requests",
  ignore: !isRoot,
  fn: async (t) => {
    const dir = await Deno.makeTempDir();
    try {
      await using hub = await ScriptedHub.open(dir);
      const [start, ...rest] = CASES;
      assert.ok(start && isStart(start));
      const recordedHost = /localhost:\d+/.exec(start.config)?.[0] ?? "";
      const here = <T>(value: T): T =>
        value === undefined
          ? value
          : JSON.parse(JSON.stringify(value).replaceAll(recordedHost, hub.host));
      await using identityd = await prepareIdentityd({
        config: (home) => here(start).config.replaceAll("<HOME>", home),
        keys: {
          "dev-key": Uint8Array.fromBase64(start.deviceKeyBase64),
          aziot_identityd_master_id: Uint8Array.fromBase64(start.masterKeyBase64),
        },
        caPath: hub.caPath,
        timeScale: TIME_SCALE,
      });
      const unused = new Set(DIFFERENCES.keys());
      const state = (files: Record<string, StateFile>) =>
        assertState(identityd.home, renamed(files, recordedHost, hub.host));

      hub.script(here(start).hubRequests ?? []);
      const ofStart = DIFFERENCES.get(start.name);
      unused.delete(start.name);
      await t.step(start.name, async () => {
        await identityd.daemon.start();
        assertAsked(hub, here(start).hubRequests ?? [], ofStart);
        await state(here(start).stateFiles ?? {});
        assertLog(identityd.daemon.log(), start.log ?? [], ofStart);
      });

      let wasRefused = false;
      for (const recorded of rest) {
        const difference = here(DIFFERENCES.get(recorded.name));
        unused.delete(recorded.name);
        const { hubRequests: recordedRequests = [], ...expected } = here(recorded);
        const hubRequests = retargeted(recordedRequests, difference?.targets ?? {});
        await t.step(recorded.name, async () => {
          // The same question is answered from memory for a while after the device was refused.
          if (wasRefused) await new Promise((resolve) => setTimeout(resolve, REFUSAL_MS));
          wasRefused = hubRequests.some(refusesDevice);
          hub.script(hubRequests);
          if (!isRequest(expected)) {
            await identityd.daemon.stop();
            await hub.close();
            const before = identityd.daemon.log().length;
            await identityd.daemon.start();
            assertLog(identityd.daemon.log().slice(before), expected.log ?? [], difference);
          } else {
            const answer = await send(identityd, expected);
            assertAnswer(answer, expected, difference);
            assertAsked(hub, asDiffering(hubRequests, difference), difference);
          }
          if (expected.stateFiles) await state(expected.stateFiles);
        });
      }
      assert.deepEqual([...unused], [], "differences of cases that do not exist");
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});

function refusesDevice({ method, target, answer }: HubExchange): boolean {
  const isList = /\/modules\?/.test(target);
  return method === "GET" && (answer.status === 401 || (answer.status === 404 && isList));
}

function isStart(recorded: Recorded): recorded is RecordedStart {
  return "config" in recorded;
}

function isRequest(recorded: Recorded): recorded is RecordedRequest {
  return "request" in recorded;
}

async function send({ socket }: Identityd, { request }: RecordedRequest): Promise<RawResponse> {
  const { method, target, headers, body = "", callerUid } = request;
  return await exchange(socket, rawRequest(method, target, headers, body), {
    ...callerUid === undefined ? {} : { uid: callerUid },
    toHead: method === "HEAD",
  });
}

function assertAnswer(
  answer: RawResponse,
  { request, response }: RecordedRequest,
  difference: Difference | undefined,
): void {
  const body = new TextDecoder().decode(answer.body);
  const status = difference?.status ?? response.status;
  assert.equal(answer.status, status, body);
  assert.deepEqual(
    headersOf(answer.headers),
    difference?.status === undefined ? headersOf(response.headers) : headersOf(JSON_HEADERS),
  );
  if (request.method === "HEAD" || status === 204) return;
  if (difference?.message !== undefined) {
    assert.deepEqual(JSON.parse(body), { message: difference.message }, difference.reason);
  } else if (difference?.body !== undefined) {
    assert.equal(comparableText(body), comparableText(JSON.stringify(difference.body)));
  } else if (status === 422) {
    // The parser's own words: free, as long as there are some.
    assert.match(JSON.parse(body).message, /./);
  } else if (status === 500) {
    assert.equal(JSON.parse(body).message, "internal error");
  } else {
    assert.equal(comparableText(body), comparableText(response.body));
  }
}

const JSON_HEADERS: Header[] = [["content-type", "application/json"], ["content-length", ""], [
  "date",
  "",
]];

/** Names in their order and the content type; the values of the others follow from the body. */
function headersOf(headers: Header[]): string[] {
  return headers
    .filter(([name]) => name !== "connection")
    .map(([name, value]) => name === "content-type" ? `${name}: ${value}` : name);
}

function asDiffering(
  recorded: HubExchange[],
  difference: Difference | undefined,
): HubExchange[] {
  if (difference?.hub === "nothing") return [];
  return difference?.hub === "twice" ? recorded.flatMap((one) => [one, one]) : recorded;
}

function retargeted(recorded: HubExchange[], parts: Record<string, string>): HubExchange[] {
  return recorded.map((one) => ({
    ...one,
    target: Object.entries(parts).reduce(
      (target, [from, to]) => target.replace(from, to),
      one.target,
    ),
  }));
}

/** What was asked of the hub: lines, bodies, and headers but for the token and their order. */
function assertAsked(
  hub: ScriptedHub,
  recorded: HubExchange[],
  difference: Difference | undefined,
): void {
  const plain = ({ method, target, headers, body }: HubExchange) => ({
    request: `${method} ${target}`,
    headers: headers
      .map(([name, value]) => name === "authorization" ? name : `${name}: ${value}`)
      .sort(),
    body,
  });
  const ordered = (exchanges: HubExchange[]) =>
    difference?.order === undefined ? exchanges : orderedByModule(exchanges);
  assert.deepEqual(ordered(hub.asked).map(plain), ordered(recorded).map(plain));
  const tokens = hub.asked.map(({ headers }) =>
    headers.find(([name]) => name === "authorization")?.[1]
  );
  for (const token of tokens) {
    const sr = hub.host.toLowerCase();
    assert.match(
      token ?? "",
      new RegExp(`^SharedAccessSignature sr=${sr}/devices/[^&]+&sig=[^&]+&se=\\d+$`),
    );
  }
}

/** Lists, removals and changes come in this order; within them only that of each module counts. */
function orderedByModule(exchanges: HubExchange[]): HubExchange[] {
  const key = ({ method, target }: HubExchange) =>
    `${["GET", "DELETE", "PUT"].indexOf(method)} ${target}`;
  return exchanges.toSorted((a, b) => Number(key(a) > key(b)) - Number(key(a) < key(b)));
}

/** Records of requests, of the platform and of failed attempts are each product's own. */
function assertLog(
  log: string,
  recorded: string[],
  difference: Difference | undefined,
): void {
  const relevant = (lines: string[]) =>
    lines.map((line) => line.replace(/^(<\d>)\S+ /, "$1 "))
      .filter((line) =>
        line !== "" && !/ - (<--|-->|Version|Loaded openssl|Failed to send)/.test(line)
      );
  const isMade = (line: string) => / Hub identity ".*" added$/.test(line);
  const ordered = (lines: string[]) =>
    difference?.order === undefined
      ? lines
      : [...lines.filter((line) => !isMade(line)), ...lines.filter(isMade).sort()];
  assert.deepEqual(ordered(relevant(log.split("\n"))), ordered(relevant(recorded)));
}
