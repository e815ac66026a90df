// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import * as v from "valibot";
import { checkBody } from "./check_body.ts";
import { noContent } from "./response.ts";
import { action, type BodySchema } from "./routes.ts";

const check = (schema: BodySchema, value: unknown) =>
  checkBody(
    new TextEncoder().encode(JSON.stringify(value)),
    action({ body: "required", schema, run: () => noContent() }),
  );

Deno.test("a nested problem is named by its path", () => {
  const schema = v.object({ parameters: v.object({ message: v.string() }) });
  assert.deepEqual(check(schema, { parameters: { message: 1 } }), {
    problem: 'invalid value of "parameters.message": expected string',
  });
  assert.deepEqual(check(schema, { parameters: {} }), {
    problem: '"parameters.message" is missing',
  });
});

Deno.test("a check's own message is passed on, the platform's with the value is not", () => {
  const own = v.object({ usage: v.pipe(v.string(), v.check(() => false, "unknown usage")) });
  assert.equal(check(own, { usage: "x" }).problem, 'invalid value of "usage": unknown usage');
  const length = v.object({ key: v.pipe(v.string(), v.length(3)) });
  assert.equal(check(length, { key: "secret" }).problem, 'invalid value of "key": expected 3');
});

Deno.test("the action gets what the schema makes of a value", () => {
  const schema = v.object({ n: v.pipe(v.string(), v.transform((text) => text.length)) });
  assert.deepEqual(check(schema, { n: "four" }), { value: { n: 4 } });
});

Deno.test("an array never stands for an object, not even an empty one", () => {
  assert.equal(check(v.object({}), []).problem, "invalid body: expected an object");
  assert.deepEqual(check(v.object({}), {}), { value: {} });
});
