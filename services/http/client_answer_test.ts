// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { valueOf } from "./client_answer.ts";
import { ConnectionError, RemoteError } from "./client_errors.ts";

const answer = (
  status: number,
  body = "",
  contentType = "application/json",
) => ({
  status,
  headers: new Headers({ "content-type": contentType }),
  body: new TextEncoder().encode(body),
});

Deno.test("the expected status gives the parsed body, a 204 nothing", () => {
  assert.deepEqual(valueOf(answer(200, '{"a":1}'), 200), { a: 1 });
  assert.deepEqual(valueOf(answer(200, "[1]", "Application/JSON; charset=utf-8"), 200), [1]);
  assert.deepEqual(valueOf({ ...answer(200, "1"), headers: new Headers() }, 200), 1);
  assert.deepEqual(valueOf(answer(201, '{"a":1}'), 201), { a: 1 });
  assert.equal(valueOf(answer(204), 204), undefined);
});

Deno.test("an error status carries the message of the service", () => {
  const rows: [status: number, body: string, expected: 200 | 204, message: string][] = [
    [
      400,
      '{"message":"a parameter has an invalid value"}',
      200,
      "a parameter has an invalid value",
    ],
    [401, '{"message":"user 5"}', 204, "user 5"],
    [500, '{"message":"internal error","correlationId":"x"}', 200, "internal error"],
    [404, "", 200, "HTTP error 404"],
    [599, "<html>", 200, "HTTP error 599 without a readable message"],
    [400, '{"message":5}', 200, "HTTP error 400 without a readable message"],
    [400, "null", 200, "HTTP error 400 without a readable message"],
  ];
  for (const [status, body, expected, message] of rows) {
    assert.throws(() => valueOf(answer(status, body), expected), (error: unknown) => {
      assert.ok(error instanceof RemoteError);
      assert.deepEqual([error.status, error.message], [status, message]);
      return true;
    });
  }
});

Deno.test("anything else is no answer, and its content is not told", () => {
  const rows: [answer: ReturnType<typeof answer>, expected: 200 | 204, message: RegExp][] = [
    [answer(204), 200, /unexpected HTTP status 204, expected 200/],
    [answer(200, "{}"), 204, /unexpected HTTP status 200, expected 204/],
    [answer(201, "{}"), 200, /unexpected HTTP status 201/],
    [answer(302, ""), 200, /unexpected HTTP status 302/],
    [answer(200, "secret", "text/plain"), 200, /unexpected content type "text\/plain"/],
    [answer(200, "secret"), 200, /^ConnectionError: the answer is not JSON$/],
    [answer(200, '{"a":1,"a":2}'), 200, /the answer is not JSON/],
    [{ ...answer(200), body: new Uint8Array([0xff]) }, 200, /the answer is not UTF-8/],
  ];
  for (const [got, expected, message] of rows) {
    assert.throws(() => valueOf(got, expected), (error: unknown) => {
      assert.ok(error instanceof ConnectionError);
      assert.match(`${error.name}: ${error.message}`, message);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  }
});
