// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { errorChain, errorText, invalidParameter, ServiceError } from "./errors.ts";

Deno.test("an error's text has its causes, one a line", () => {
  const error = new ServiceError(404, "Hub client error", {
    cause: new Error("not connected", { cause: "connection refused" }),
  });
  assert.equal(
    errorText(error),
    "Hub client error\ncaused by: not connected\ncaused by: connection refused",
  );
  assert.equal(errorText(new ServiceError(401, "authorization error")), "authorization error");
});

Deno.test("an invalid parameter is a 400 that names it", () => {
  const error = invalidParameter("handle", "invalid handle");
  assert.equal(error.status, 400);
  assert.equal(
    errorText(error),
    'parameter "handle" has an invalid value\ncaused by: invalid handle',
  );
});

Deno.test("a chain that bites its tail ends", () => {
  const first = new Error("first");
  const second = new Error("second", { cause: first });
  first.cause = second;
  assert.deepEqual(errorChain(first), ["first", "second"]);
});
