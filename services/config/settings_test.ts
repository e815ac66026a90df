// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import * as v from "valibot";
import { explain, u32, u64, usize } from "./settings.ts";
import { parseToml } from "./toml.ts";

/** Why the schema refuses `{ setting = <toml> }`, and the path it names. */
function refusal(schema: v.GenericSchema, toml: string): [string, string] {
  const { issues } = v.safeParse(v.object({ setting: schema }), parseToml(toml));
  assert.ok(issues);
  const { reason, path } = explain(issues[0]);
  return [reason, path.join(".")];
}

const SHAPES = v.union([
  v.string(),
  v.object({ CN: v.string() }),
]);
const VARIANTS = v.variant("source", [
  v.object({ source: v.literal("manual"), id: v.string() }),
  v.object({ source: v.literal("none") }),
]);

const REFUSED: [string, v.GenericSchema, string, string, string][] = [
  ["a missing setting", v.string(), "", "missing field `setting`", ""],
  [
    "a value of none of two shapes",
    SHAPES,
    "setting = 5",
    "invalid type: integer `5`, expected a string or a table",
    "setting",
  ],
  [
    "a table of which one key is wrong",
    SHAPES,
    "setting = { CN = 5 }",
    "invalid type: integer `5`, expected a string",
    "setting.CN",
  ],
  [
    "a table of which one key is missing",
    SHAPES,
    "setting = { O = 'x' }",
    "missing field `CN`",
    "setting",
  ],
  [
    "an unknown variant",
    VARIANTS,
    "setting = { source = 'DPS' }",
    "unknown variant `DPS`, expected one of `manual`, `none`",
    "setting.source",
  ],
  [
    "a variant that is a number",
    VARIANTS,
    "setting = { source = 5 }",
    "invalid type: integer `5`, expected one of `manual`, `none`",
    "setting.source",
  ],
  ["a variant without its word", VARIANTS, "setting = {}", "missing field `source`", "setting"],
  [
    "a variant without a key of its own",
    VARIANTS,
    "setting = { source = 'manual' }",
    "missing field `id`",
    "setting",
  ],
  [
    "a check that says what it wants",
    v.pipe(v.string(), v.check((text) => text.startsWith("/"), "a path must be absolute")),
    "setting = 'x'",
    "a path must be absolute",
    "setting",
  ],
  [
    "33 bits",
    u32(),
    "setting = 4294967296",
    "invalid value: integer `4294967296`, expected u32",
    "setting",
  ],
  [
    "a negative time",
    u64(),
    "setting = -1",
    "invalid value: integer `-1`, expected u64",
    "setting",
  ],
  [
    "half a connection",
    usize(),
    "setting = 0.5",
    "invalid type: floating point `0.5`, expected usize",
    "setting",
  ],
  [
    "infinitely many",
    usize(),
    "setting = inf",
    "invalid type: floating point `Infinity`, expected usize",
    "setting",
  ],
];

for (const [what, schema, toml, reason, path] of REFUSED) {
  Deno.test(`${what} is put into words`, () => {
    assert.deepEqual(refusal(schema, toml), [reason, path]);
  });
}

Deno.test("whole numbers reach to the end of their range", () => {
  assert.equal(v.parse(u32(), 4294967295), 4294967295);
  assert.equal(v.parse(u64(), Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
  assert.equal(v.parse(usize(), 0), 0);
});
