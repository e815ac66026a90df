// SPDX-License-Identifier: MIT

/**
 * Replays recorded requests of the existing Keys Service against ours and compares the answers.
 * What differs on purpose stands, with its reason, in `differences.json` beside the recording.
 */

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import type { Keyd } from "./keyd_daemon.ts";
import { exchange, rawRequest, type RawResponse } from "./raw_http.ts";

const VECTORS = new URL("../vectors/", import.meta.url).pathname;

/** One recorded request and its answer; topics add members of their own. */
export interface RecordedCase {
  name: string;
  request: {
    method: string;
    target: string;
    headers: [name: string, value: string][];
    body?: string;
    bodyBase64?: string;
    /** Absent: root. */
    callerUid?: number;
  };
  response: {
    status: number;
    reason: string;
    headers: [name: string, value: string][];
    body: string;
  };
}

/** An answer of ours that differs on purpose. */
interface Difference {
  cases: string[];
  status: number;
  /** Absent: any text. */
  message?: string;
  reason: string;
}

/** The path of a recording's file. */
export function vector(topic: string, file: string): string {
  return `${VECTORS}${topic}/${file}`;
}

/** Reads a JSON file of a recording. */
export async function readVector<T>(topic: string, file: string): Promise<T> {
  return JSON.parse(await Deno.readTextFile(vector(topic, file)));
}

/** The recorded cases of a topic that are one request and one answer each. */
export async function readCases<C extends RecordedCase>(topic: string): Promise<C[]> {
  const cases = await readVector<C[]>(topic, "cases.json");
  return cases.filter((entry) => "request" in entry);
}

/** What a topic has beside the comparison of the answers. */
export interface ReplayOptions<C extends RecordedCase> {
  /** Whether an answer shows something that is new each time, such as a public key. */
  isFresh?: (recorded: C) => boolean;
  /** Looks at more than the answer, also where that differs on purpose. */
  more?: (recorded: C, answer: RawResponse) => Promise<void> | void;
}

/** Sends the requests of a topic in their order, each a step with its recorded name. */
export async function replay<C extends RecordedCase>(
  t: Deno.TestContext,
  keyd: Keyd,
  topic: string,
  cases: readonly C[],
  { isFresh = () => false, more = () => {} }: ReplayOptions<C> = {},
): Promise<void> {
  const differences = await readDifferences(topic);
  const unused = new Set(differences.keys());
  for (const recorded of cases) {
    await t.step(recorded.name, async () => {
      const answer = await send(keyd, recorded);
      const difference = differences.get(recorded.name);
      if (difference) {
        unused.delete(recorded.name);
        assertDiffers(answer, difference);
      } else {
        await assertSame(answer, recorded, keyd, isFresh(recorded));
      }
      await more(recorded, answer);
    });
  }
  assert.deepEqual([...unused], [], "differences of cases that do not exist");
}

async function readDifferences(topic: string): Promise<Map<string, Difference>> {
  let list: Difference[];
  try {
    list = await readVector<Difference[]>(topic, "differences.json");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return new Map();
  }
  return new Map(list.flatMap((entry) => entry.cases.map((name) => [name, entry])));
}

async function send(keyd: Keyd, { request }: RecordedCase): Promise<RawResponse> {
  const body = request.bodyBase64 === undefined
    ? request.body ?? ""
    : Uint8Array.fromBase64(request.bodyBase64);
  return await exchange(
    keyd.socket,
    rawRequest(request.method, request.target, request.headers, body),
    {
      ...request.callerUid === undefined ? {} : { uid: request.callerUid },
      toHead: request.method === "HEAD",
    },
  );
}

function assertDiffers(answer: RawResponse, difference: Difference): void {
  const { message, correlationId: _, ...rest } = JSON.parse(textOf(answer));
  assert.equal(answer.status, difference.status, difference.reason);
  assert.deepEqual(rest, {});
  if (difference.message !== undefined) assert.equal(message, difference.message);
}

async function assertSame(
  answer: RawResponse,
  { request, response }: RecordedCase,
  keyd: Keyd,
  isFresh: boolean,
): Promise<void> {
  const body = textOf(answer);
  assert.equal(answer.status, response.status, body);
  assert.equal(answer.version, "HTTP/1.1");
  assert.equal(answer.reason, response.reason);
  assert.deepEqual(headersOf(answer.headers), headersOf(response.headers));
  if (request.method === "HEAD") return;
  assert.equal(lengthOf(answer.headers), answer.status === 204 ? undefined : answer.body.length);

  if (answer.status === 422) {
    // The parser's own words: free, as long as there are some.
    assert.match(JSON.parse(body).message, /./);
  } else if (answer.status === 500) {
    assert.equal(JSON.parse(body).message, JSON.parse(response.body).message);
    assert.match(JSON.parse(body).correlationId, /^[0-9a-f-]{36}$/);
  } else if (response.body.startsWith('{"keyHandle"')) {
    await assertHandle(JSON.parse(body).keyHandle, JSON.parse(response.body).keyHandle, keyd);
  } else if (!isFresh) {
    assert.equal(body, response.body);
  }
}

/** Two handles of one key differ in the nonce and the signature, and in nothing else. */
async function assertHandle(ours: string, theirs: string, keyd: Keyd): Promise<void> {
  const [, payload = "", signature = ""] = /^sr=([^&]+)&sig=([^&]+)$/.exec(ours) ?? [];
  const bytes = Uint8Array.fromBase64(payload);
  const nonce = /,"nonce":"([A-Za-z0-9+/]{86}==)"\}$/;
  const content = new TextDecoder().decode(bytes);
  assert.match(content, nonce);
  const expected = new TextDecoder().decode(
    Uint8Array.fromBase64(/^sr=([^&]+)/.exec(theirs)?.[1] ?? ""),
  );
  assert.equal(content.replace(nonce, ""), expected.replace(nonce, ""));
  // The existing product would accept it: the same HMAC with the key in the same file.
  assert.equal(
    createHmac("sha256", await Deno.readFile(validationKeyFile(keyd))).update(bytes)
      .digest("base64"),
    signature,
  );
}

/** Where the handle validation key is, by the existing product's naming rule. */
export function validationKeyFile(keyd: Keyd): string {
  return `${keyd.home}/keys/handlevalidationkey-` +
    "40f1ca41fe8b50f53e10f3e3a580dcae24087f37aa498ba9903f2612b03e90ba.key";
}

/**
 * Names in their order and the content type; the values of the others follow from the body. An
 * answer given before a body was read ends the connection and says so, which the recorded ones do
 * not.
 */
function headersOf(headers: [name: string, value: string][]): string[] {
  return headers
    .filter(([name]) => name !== "connection")
    .map(([name, value]) => name === "content-type" ? `${name}: ${value}` : name);
}

function lengthOf(headers: [name: string, value: string][]): number | undefined {
  const value = headers.find(([name]) => name === "content-length")?.[1];
  return value === undefined ? undefined : Number(value);
}

/** The body of an answer. */
export function textOf(answer: RawResponse): string {
  return new TextDecoder().decode(answer.body);
}
