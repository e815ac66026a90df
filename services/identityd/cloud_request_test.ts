// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { NotConnectedError, RemoteError } from "../http/unix_client.ts";
import { TlsError } from "../tls/errors.ts";
import { CloudError } from "./cloud_errors.ts";
import { type CloudAnswer, cloudRequest, type Transport } from "./cloud_request.ts";
import { TestClock } from "./test_clock.ts";
import { testLog } from "./test_log.ts";

type Sent = Parameters<Transport["request"]>[0];

function answer(status: number, headers: Record<string, string> = {}): CloudAnswer {
  return { status, headers: new Headers(headers), body: new Uint8Array() };
}

/** Sends one request to a cloud that answers with the `outcomes`, the last one for ever. */
async function ask(
  outcomes: (CloudAnswer | Error)[],
  options: { retries?: number; authorize?: () => Promise<string>; body?: unknown } = {},
) {
  const clock = new TestClock();
  const { log, lines } = testLog();
  const sent: Sent[] = [];
  const throttles: number[] = [];
  let token = 0;
  const transport: Transport = {
    request(request) {
      sent.push(request);
      const outcome = outcomes[Math.min(sent.length, outcomes.length) - 1];
      return outcome instanceof Error || outcome === undefined
        ? Promise.reject(outcome)
        : Promise.resolve(outcome);
    },
  };
  const result = await cloudRequest(
    {
      method: "PUT",
      url: "https://hub.example.net/devices/d/modules/m?api-version=1",
      ...options.body === undefined ? {} : { body: options.body },
      authorize: options.authorize ?? (() => Promise.resolve(`token ${++token}`)),
    },
    { timeout: 70_000, retries: options.retries ?? 1 },
    {
      transport,
      clock,
      log,
      stopping: new AbortController().signal,
      cut: new AbortController().signal,
      throttled: (pause) => throttles.push(pause),
    },
  ).catch((error: unknown) => error);
  const tokens = sent.map(({ headers }) => headers.authorization);
  return { result, sent, tokens, pauses: clock.pauses, lines, throttles };
}

const lost = new TlsError("transfer", "the connection to hub.example.net was closed");

Deno.test("a request has the headers it needs and no others", async () => {
  const bare = await ask([answer(200)]);
  assert.deepEqual(bare.sent[0]?.headers, { authorization: "token 1" });
  assert.equal(bare.sent[0]?.body, undefined);

  const { sent } = await ask([answer(200)], { body: { a: 1 } });
  assert.deepEqual(Object.entries(sent[0]?.headers ?? {}), [
    ["content-type", "application/json"],
    ["authorization", "token 1"],
  ]);
  assert.equal(new TextDecoder().decode(sent[0]?.body), '{"a":1}');
  assert.deepEqual(sent[0]?.timeouts, { connect: 70_000, handshake: 70_000, total: 70_000 });
  assert.equal(sent[0]?.maxBody, 4 * 1024 * 1024);
});

Deno.test("a change uses a kept connection where a lost attempt would be repeated anyway", async () => {
  assert.equal((await ask([answer(200)], { retries: 1 })).sent[0]?.idempotent, true);
  assert.equal((await ask([answer(200)], { retries: 0 })).sent[0]?.idempotent, false);
});

Deno.test("an answer of any other status is final", async () => {
  for (const status of [200, 204, 302, 400, 401, 403, 404, 409, 412, 413, 500, 501]) {
    const { result, sent } = await ask([answer(status)]);
    assert.equal(result instanceof Error ? result : (result as CloudAnswer).status, status);
    assert.equal(sent.length, 1, String(status));
  }
});

Deno.test("five throttled attempts follow the schedule with a new token each, then fail", async () => {
  const { result, tokens, pauses, lines, throttles } = await ask([answer(429)]);
  assert.ok(result instanceof CloudError);
  assert.deepEqual([result.failure, result.message, result.status, result.isOutage], [
    "throttled",
    "429: Too many requests",
    429,
    true,
  ]);
  assert.deepEqual(pauses, [60_000, 120_000, 180_000, 300_000]);
  assert.deepEqual(throttles, pauses);
  assert.equal(new Set(tokens).size, 5);
  assert.deepEqual(lines, [
    "WARN HTTP request throttled (attempt 1 of 5). Sleeping for 60 seconds.",
    "WARN HTTP request throttled (attempt 2 of 5). Sleeping for 120 seconds.",
    "WARN HTTP request throttled (attempt 3 of 5). Sleeping for 180 seconds.",
    "WARN HTTP request throttled (attempt 4 of 5). Sleeping for 300 seconds.",
    "WARN Final HTTP request throttled (attempt 5 of 5).",
  ]);
});

Deno.test("Retry-After of a throttled answer is honoured with a new token", async () => {
  const { result, tokens, pauses } = await ask([answer(429, { "retry-after": "7" }), answer(200)]);
  assert.equal((result as CloudAnswer).status, 200);
  assert.deepEqual(pauses, [7_000]);
  assert.deepEqual(tokens, ["token 1", "token 2"]);
});

Deno.test("lost connections and timeouts are tried again after 3 seconds, as often as set", async () => {
  const timeout = new TlsError("timeout", "no complete answer from hub.example.net in time");
  const { result, pauses, lines } = await ask([lost, timeout], { retries: 2 });
  assert.ok(result instanceof CloudError);
  assert.deepEqual([result.failure, result.message, result.status], [
    "network",
    "timed out",
    undefined,
  ]);
  assert.deepEqual(pauses, [3_000, 3_000]);
  assert.deepEqual(lines, [
    "WARN Failed to send HTTP request (attempt 1 of 3): the connection to hub.example.net was closed",
    "WARN Failed to send HTTP request (attempt 2 of 3): timed out",
    "WARN Failed to send HTTP request (attempt 3 of 3): timed out",
  ]);
});

Deno.test("every way in which the connection can fail is an outage", async () => {
  for (
    const phase of [
      "resolve",
      "connect",
      "proxy",
      "handshake",
      "verify",
      "rejected",
      "transfer",
      "timeout",
    ] as const
  ) {
    const { result } = await ask([new TlsError(phase, "reason")], { retries: 0 });
    assert.ok(result instanceof CloudError && result.failure === "network", phase);
  }
});

Deno.test("a gateway that has lost its hub is asked again, and its last answer counts", async () => {
  const gone = await ask([answer(503)]);
  assert.equal((gone.result as CloudAnswer).status, 503);
  assert.deepEqual(gone.pauses, [3_000]);

  const back = await ask([answer(502), answer(504), answer(200)], { retries: 2 });
  assert.equal((back.result as CloudAnswer).status, 200);
  assert.deepEqual(back.pauses, [3_000, 3_000]);

  const busy = await ask([answer(503, { "retry-after": "5" }), answer(200)]);
  assert.deepEqual(busy.pauses, [5_000]);
});

Deno.test("throttles and failures are counted apart", async () => {
  const { result, pauses } = await ask([answer(429), lost, answer(429), answer(503), answer(200)], {
    retries: 2,
  });
  assert.equal((result as CloudAnswer).status, 200);
  assert.deepEqual(pauses, [60_000, 3_000, 120_000, 3_000]);
});

Deno.test("a Keys Service that is away is an outage, one that refuses is not", async () => {
  const away = await ask([answer(200)], {
    authorize: () => Promise.reject(new NotConnectedError("not connected")),
  });
  assert.ok(away.result instanceof CloudError && away.result.isOutage);
  assert.equal(away.sent.length, 0);
  assert.deepEqual(away.lines, ["WARN the Keys Service did not sign a token: not connected"]);

  const refused = await ask([answer(200)], {
    authorize: () => Promise.reject(new RemoteError(400, "a parameter has an invalid value")),
  });
  assert.ok(refused.result instanceof CloudError);
  assert.deepEqual([refused.result.failure, refused.result.message, refused.result.status], [
    "rejected",
    "a parameter has an invalid value",
    undefined,
  ]);
});

Deno.test("a service that stops ends a pause", async () => {
  const stopping = new AbortController();
  const clock = new TestClock();
  const request = cloudRequest(
    { method: "GET", url: "https://h/", authorize: () => Promise.resolve("t") },
    { timeout: 1, retries: 1 },
    {
      transport: { request: () => Promise.resolve(answer(429)) },
      clock,
      log: testLog().log,
      stopping: stopping.signal,
      cut: new AbortController().signal,
      throttled: () => stopping.abort(new Error("stopping")),
    },
  );
  await assert.rejects(request, { message: "stopping" });
  assert.deepEqual(clock.pauses, []);
});
