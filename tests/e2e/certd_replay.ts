// SPDX-License-Identifier: MIT

/**
 * Replays recorded requests of the existing Certificates Service against ours and compares the
 * answers. What differs on purpose stands, with its reason, in `differences.json` beside them.
 */

import assert from "node:assert/strict";
import { readVector, type RecordedCase, textOf } from "./keyd_replay.ts";
import { exchange, rawRequest, type RawResponse } from "./raw_http.ts";

/** An answer of ours that differs on purpose. */
interface Difference {
  cases: string[];
  status: number;
  /** Of an error; absent: any text. */
  message?: string;
  /** Of a success. */
  pem?: string;
  reason: string;
}

/** What a topic has beside the comparison of the answers. */
export interface ReplayOptions<C extends RecordedCase> {
  /** What is sent, where that is not what was written down. */
  prepare?: (recorded: C) => C;
  /** Looks at more than the answer, also where that differs on purpose. */
  more?: (recorded: C, differs: boolean) => Promise<void> | void;
}

/** Sends the requests of a topic in their order, each a step with its recorded name. */
export async function replay<C extends RecordedCase>(
  t: Deno.TestContext,
  socket: string,
  topic: string,
  { prepare = (recorded) => recorded, more = () => {} }: ReplayOptions<C> = {},
): Promise<void> {
  const differences = await readVector<Difference[]>(topic, "differences.json");
  const unused = new Set(differences.flatMap(({ cases }) => cases));
  const cases = (await readVector<C[]>(topic, "cases.json")).filter((each) => "request" in each);
  for (const recorded of cases.map(prepare)) {
    await t.step(recorded.name, async () => {
      const { request } = recorded;
      const answer = await send(socket, request);
      const difference = differences.find(({ cases }) => cases.includes(recorded.name));
      unused.delete(recorded.name);
      assertHead(answer, request.method);
      if (difference) assertDiffers(answer, difference);
      else assertSame(answer, recorded);
      await more(recorded, difference !== undefined);
    });
  }
  assert.deepEqual([...unused], [], "differences of cases that do not exist");
}

async function send(socket: string, request: RecordedCase["request"]): Promise<RawResponse> {
  const { method, target, headers, body = "", bodyBase64, callerUid } = request;
  const bytes = bodyBase64 === undefined ? body : Uint8Array.fromBase64(bodyBase64);
  return await exchange(socket, rawRequest(method, target, headers, bytes), {
    ...callerUid === undefined ? {} : { uid: callerUid },
    toHead: method === "HEAD",
  });
}

/** Which headers an answer has, and in which order, is the same everywhere. */
function assertHead({ status, headers, body }: RawResponse, method: string): void {
  const shown = headers.filter(([name]) => name !== "connection");
  const names = status === 204 ? ["date"] : ["content-type", "content-length", "date"];
  assert.deepEqual(shown.map(([name]) => name), names);
  if (status === 204) return;
  assert.equal(shown[0]?.[1], "application/json");
  if (method !== "HEAD") assert.equal(shown[1]?.[1], String(body.length));
}

function assertSame(answer: RawResponse, { request, response }: RecordedCase): void {
  const body = textOf(answer);
  assert.equal(answer.status, response.status, body);
  assert.equal(answer.reason, response.reason);
  if (request.method === "HEAD") return;
  if (answer.status === 422) {
    // The parser's own words: free, as long as there are some.
    assert.match(JSON.parse(body).message, /./);
  } else if (answer.status === 500) {
    const { message, correlationId } = JSON.parse(body);
    assert.equal(message, JSON.parse(response.body).message);
    assert.match(correlationId, /^[0-9a-f-]{36}$/);
  } else {
    assert.equal(body, response.body);
  }
}

function assertDiffers(answer: RawResponse, { status, message, pem, reason }: Difference): void {
  const { correlationId: _, ...body } = JSON.parse(textOf(answer));
  assert.equal(answer.status, status, reason);
  if (pem !== undefined) assert.deepEqual(body, { pem }, reason);
  else if (message === undefined) assert.deepEqual(Object.keys(body), ["message"], reason);
  else assert.deepEqual(body, { message }, reason);
}
