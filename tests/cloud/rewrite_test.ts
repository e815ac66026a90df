// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { rewrite } from "./rewrite.ts";

Deno.test("members are set and left out, in an object and in each object of a list", () => {
  const changes = { set: { b: null, c: { d: [1] } }, omit: ["a"] };
  const changed = { b: null, c: { d: [1] } };
  assert.deepEqual(rewrite({ a: 1, b: 2 }, changes), changed);
  assert.deepEqual(rewrite([{ a: 1 }, { b: 2 }, 7], changes), [changed, changed, 7]);
});

Deno.test("without changes, and for what is no object, everything stays", () => {
  for (const value of [{ a: 1 }, [{ a: 1 }], null, 7, "x"]) {
    assert.deepEqual(rewrite(value, {}), value);
  }
  assert.equal(rewrite(null, { set: { a: 1 } }), null);
});
