// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import fc from "fast-check";
import { parseJson } from "./parse_json.ts";

Deno.test("JSON without duplicates is parsed as JSON.parse does", () => {
  const rows = [
    "{}",
    "[]",
    "null",
    "0",
    '""',
    ' { "a" : 1 , "b" : [ { "a" : 2 } , { "a" : 3 } ] } ',
    '{"a":"\\"b\\":1","c":"\\\\"}',
    '{"a\\\\":1,"a":2}',
    '{"a:":{"b:c":":"}}',
    '{"\\u0061b":1,"ab2":2}',
    '{"__proto__":1,"constructor":{"prototype":2},"toString":3}',
    '{"1":1,"0":2,"01":3}',
    '"\\ud83d\\ude00"',
    '"😀\\uD83D\\uDE00"',
    '"\\\\ud83d"',
    '{"":1}',
    '["a","a",{"a":"a"},{"a":"a"}]',
  ];
  for (const text of rows) assert.deepEqual(parseJson(text), JSON.parse(text), text);
});

Deno.test("an object with two members of one name is refused at any depth and in any spelling", () => {
  const rows = [
    '{"a":1,"a":1}',
    '{"a":1,"b":2,"a":3}',
    '{"a":1,"\\u0061":2}',
    '{"a\\/b":1,"a/b":2}',
    '[{"x":[{"y":{"a":1,"a":2}}]}]',
    '{"a":{"b":1},"c":{"b":1,"b":1}}',
    '{"":1,"":2}',
    '{"__proto__":1,"__proto__":2}',
    '{"a" \n:1, "a"\t:2}',
    '{"1":1,"1":2}',
    '{"\\"":1,"\\u0022":2}',
    '{"a":"b\\\\","a":"\\\\\\""}',
  ];
  for (const text of rows) {
    assert.throws(() => parseJson(text), /two members with the same name/, text);
  }
});

Deno.test("a lone surrogate is refused, in a value and in a name", () => {
  const rows = [
    '"\\ud83d"',
    '"\\ude00"',
    '"\\ude00\\ud83d"',
    '{"a":["b","\\uD800x"]}',
    '{"\\udfff":1}',
    '"\\ud83d😀"',
    '"\\ud83d\\n\\ude00"',
  ];
  for (const text of rows) assert.throws(() => parseJson(text), /lone surrogate/, text);
});

Deno.test("what is not JSON is refused", () => {
  const rows = [
    "",
    " ",
    "{",
    "{}{}",
    "{} x",
    "{'a':1}",
    '{"a":1,}',
    "[1,]",
    "nul",
    "\ufeff{}",
    '{"a":"\n"}',
    '{"a":"\u0001"}',
    "NaN",
    "01",
    "+1",
    '{"a":1 "b":2}',
    '"\\x41"',
    '"\\u12"',
    "{a:1}",
    "// x\n{}",
  ];
  for (const text of rows) assert.throws(() => parseJson(text), SyntaxError, JSON.stringify(text));
});

Deno.test("nesting is allowed up to 128 and refused beyond", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  const objects = (depth: number) => '{"a":'.repeat(depth) + "1" + "}".repeat(depth);
  parseJson(nested(128));
  parseJson(objects(128));
  assert.throws(() => parseJson(nested(129)), /nested deeper than 128/);
  assert.throws(() => parseJson(objects(129)), /nested deeper than 128/);
  assert.throws(() => parseJson(nested(400_000)), SyntaxError);
});

Deno.test("a text of too many values is refused, whatever they are", () => {
  const list = (item: string, count: number) => `[${Array(count).fill(item).join(",")}]`;
  assert.deepEqual(parseJson(list("0", 250_000)), Array(250_000).fill(0));
  assert.deepEqual(parseJson(list('",:[{"', 250_000)), Array(250_000).fill(",:[{"));
  const rows = [
    list("0", 250_001),
    list("{}", 125_001),
    list("[]", 125_001),
    `{${Array.from({ length: 125_001 }, (_, index) => `"${index}":0`).join(",")}}`,
  ];
  for (const text of rows) {
    assert.throws(() => parseJson(text), /^SyntaxError: more than 250000 values$/);
  }
});

Deno.test("a string without an end is refused, not looked for for ever", () => {
  for (const text of ['"', '"a', '{"a":"', '["\\"', '"\\', '{"a":1,"b']) {
    assert.throws(() => parseJson(text), SyntaxError, text);
  }
});

Deno.test("any value survives being written and parsed", () => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
    const text = JSON.stringify(value);
    assert.deepEqual(parseJson(text), JSON.parse(text));
  }));
});

Deno.test("repeating any member of any object is noticed", () => {
  const member = fc.tuple(fc.string(), fc.jsonValue({ maxDepth: 2 }));
  fc.assert(fc.property(
    fc.uniqueArray(member, { minLength: 1, selector: ([name]) => name }),
    fc.nat(),
    (members, pick) => {
      const texts = members.map(([name, value]) =>
        `${JSON.stringify(name)}:${JSON.stringify(value)}`
      );
      parseJson(`{${texts.join(",")}}`);
      const repeated = texts[pick % texts.length];
      assert.throws(() => parseJson(`{${[...texts, repeated].join(" , ")}}`), SyntaxError);
    },
  ));
});
