// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { CloudError, type CloudFailure } from "./cloud_errors.ts";
import type { CloudAnswer } from "./cloud_request.ts";
import { expectRemoved, jsonOf } from "./hub_answer.ts";

const JSON_TYPE = "application/json";

function answer(status: number, body: string, type: string | undefined = JSON_TYPE): CloudAnswer {
  return {
    status,
    headers: new Headers(type === undefined ? {} : { "content-type": type }),
    body: new TextEncoder().encode(body),
  };
}

function failure(use: () => unknown): [CloudFailure, string, number | undefined] {
  try {
    use();
  } catch (error) {
    if (error instanceof CloudError) return [error.failure, error.message, error.status];
    throw error;
  }
  throw new Error("no failure");
}

Deno.test("a 200 with JSON is its value, whatever the case and parameters of its type", () => {
  for (const type of [JSON_TYPE, "Application/JSON; charset=utf-8"]) {
    assert.deepEqual(jsonOf(answer(200, '{"a":[1]}', type)), { a: [1] });
  }
  const untyped = { ...answer(200, "[]"), headers: new Headers() };
  assert.deepEqual(jsonOf(untyped), []);
});

const ROWS: [title: string, answer: CloudAnswer, ...expected: ReturnType<typeof failure>][] = [
  ["unauthorized", answer(401, '{"Message":"Unauthorized"}'), "rejected", "Unauthorized", 401],
  ["empty, as a parent says it", answer(401, ""), "rejected", "HTTP error 401 Unauthorized", 401],
  ["forbidden", answer(403, ""), "rejected", "HTTP error 403 Forbidden", 403],
  [
    "not found",
    answer(404, '{"Message":"ErrorCode:ModuleNotFound;m","ExceptionMessage":"x"}'),
    "rejected",
    "ErrorCode:ModuleNotFound;m",
    404,
  ],
  ["a parent's name", answer(400, '{"errorMessage":"mismatch"}'), "rejected", "mismatch", 400],
  ["both names", answer(409, '{"errorMessage":"b","Message":"a"}'), "rejected", "a", 409],
  ["null names", answer(409, '{"Message":null,"errorMessage":"b"}'), "rejected", "b", 409],
  [
    "an outage behind it",
    answer(400, '{"errorMessage":"p","networkError":true}'),
    "network",
    "p",
    400,
  ],
  ["server error", answer(500, '{"Message":"boom"}'), "network", "boom", 500],
  ["server error, empty", answer(500, ""), "network", "HTTP error 500 Internal Server Error", 500],
  [
    "server error, other JSON",
    answer(500, "[]"),
    "network",
    "HTTP error 500 Internal Server Error",
    500,
  ],
  ["away", answer(503, '{"Message":"busy"}'), "network", "busy", 503],
  ["no message", answer(404, "{}"), "rejected", "HTTP error 404 Not Found", 404],
  ["no JSON", answer(409, "<html>"), "rejected", "HTTP error 409 Conflict", 409],
  [
    "another type",
    answer(400, "<html>", "text/html"),
    "rejected",
    "invalid Content-Type; expected JSON",
    400,
  ],
  [
    "a page of a proxy",
    answer(200, "{}", "text/html"),
    "invalid",
    "invalid Content-Type; expected JSON",
    200,
  ],
  [
    "a page in front of an outage",
    answer(502, "x", "text/html"),
    "network",
    "invalid Content-Type; expected JSON",
    502,
  ],
  ["a redirect", answer(302, ""), "invalid", "Expected one of [200], got 302 Found", 302],
  ["another success", answer(201, "{}"), "invalid", "Expected one of [200], got 201 Created", 201],
  [
    "200 without JSON",
    answer(200, '{"primaryKey":"c2Vj'),
    "invalid",
    "the answer is not JSON",
    200,
  ],
  ["200 without a body", answer(200, ""), "invalid", "the answer is not JSON", 200],
];

for (const [title, given, ...expected] of ROWS) {
  Deno.test(`an answer that is no module: ${title}`, () => {
    assert.deepEqual(failure(() => jsonOf(given)), expected);
  });
}

Deno.test("a removal is a 204 and nothing else", () => {
  expectRemoved(answer(204, ""));
  const rows: [number, CloudFailure, string][] = [
    [200, "invalid", "unexpected HTTP status code: 200 OK"],
    [302, "invalid", "unexpected HTTP status code: 302 Found"],
    [404, "rejected", "unexpected HTTP status code: 404 Not Found"],
    [503, "network", "unexpected HTTP status code: 503 Service Unavailable"],
    [599, "network", "unexpected HTTP status code: 599 <unknown status code>"],
  ];
  for (const [status, kind, message] of rows) {
    assert.deepEqual(failure(() => expectRemoved(answer(status, '{"Message":"x"}'))), [
      kind,
      message,
      status,
    ]);
  }
});
