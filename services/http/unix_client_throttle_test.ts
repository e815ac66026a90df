// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { recordedLog } from "./testing/recorded_log.ts";
import { OK, readRequest, Scripted, write } from "./testing/scripted.ts";
import { ConnectionError, RemoteError, unixClient } from "./unix_client.ts";

const BODY = '{"message":"too often"}';
const THROTTLED = "HTTP/1.1 429 Too Many Requests\r\nconnection: close\r\n" +
  `content-length: ${BODY.length}\r\n\r\n${BODY}`;

/** A service that gives these answers, one a connection; a client without retries; its pauses. */
async function asked(answers: (string | undefined)[], retries = 0) {
  await using server = await Scripted.start(async (conn, _requests, turn) => {
    await readRequest(conn);
    const answer = answers[turn];
    if (answer !== undefined) await write(conn, answer);
  });
  const { log, lines } = recordedLog();
  const pauses: number[] = [];
  using client = unixClient({
    socket: server.socket,
    host: "test.sock",
    retries,
    log,
    pause: (milliseconds) => {
      pauses.push(Math.floor(milliseconds / 60_000));
      return Promise.resolve();
    },
  });
  const result = await client.request({ method: "POST", path: "/x", body: {} })
    .catch((error: unknown) => error);
  return { result, lines: lines.map((line) => line.trim()), pauses, times: server.connections };
}

Deno.test("a throttled request is made again after a minute, without any retries", async () => {
  const { result, lines, pauses } = await asked([THROTTLED, OK]);
  assert.deepEqual(result, {});
  assert.deepEqual(pauses, [1]);
  assert.match(
    lines.join("\n"),
    /^HTTP request throttled \(attempt 1 of 5\)\. Sleeping for 6\d seconds\.$/,
  );
});

Deno.test("the fifth time it is throttled it has failed with the service's words", async () => {
  const { result, lines, pauses, times } = await asked(Array(6).fill(THROTTLED));
  assert.ok(result instanceof RemoteError && result.status === 429);
  assert.equal(result.message, "too often");
  assert.deepEqual(pauses, [1, 2, 3, 5]);
  assert.equal(times, 5);
  assert.equal(lines.at(-1), "Final HTTP request throttled (attempt 5 of 5).");
});

Deno.test("one count serves both: a connection lost after a throttle is final", async () => {
  const { result, times } = await asked([THROTTLED, undefined, OK], 1);
  assert.ok(result instanceof ConnectionError);
  assert.equal(times, 2);
});
