// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import fc from "fast-check";
import { parseToml, type Table, type Value } from "../../../services/config/toml.ts";
import { table } from "./documents.ts";
import { writeToml } from "./write_toml.ts";

Deno.test("a document is laid out as people write it", () => {
  const text = `first = "a = [ x ]"
list = ["a", "b, [ c ]"]

[empty]

[outer.inner]
"key with = [ x ]" = [1, 2]

[[item]]
uid = 3

[[item]]
uid = 4
`;
  assert.equal(writeToml(parseToml(text)), text);
});

Deno.test("an empty document is an empty line", () => {
  assert.equal(writeToml(table({})), "\n");
});

Deno.test("whatever a document holds is read back", () => {
  const key = fc.string({ unit: "binary", maxLength: 6 }).filter((text) => text.isWellFormed());
  const leaf = fc.oneof(
    key,
    fc.boolean(),
    fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }).map((n) => n || 0),
    fc.array(key, { maxLength: 3 }),
  );
  const { document } = fc.letrec<{ document: Table }>((tie) => {
    const inner = tie("document");
    const value: fc.Arbitrary<Value> = fc.oneof(leaf, inner, fc.array(inner, { maxLength: 3 }));
    return { document: fc.dictionary(key, value, { maxKeys: 4 }).map((entries) => table(entries)) };
  });
  fc.assert(fc.property(document, (made) => {
    assert.deepEqual(parseToml(writeToml(made)), made);
  }));
});
