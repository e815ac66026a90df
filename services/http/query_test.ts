// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { apiVersionOf, Query, quote } from "./query.ts";

Deno.test("the last api-version of a form-decoded query counts", () => {
  const rows: [query: string, version: string | undefined][] = [
    ["", undefined],
    ["api-version=2021-05-01", "2021-05-01"],
    ["api-version=", ""],
    ["api-version", ""],
    ["api-version=a&api-version=b", "b"],
    ["api-version=a&x=1", "a"],
    ["x=1&&api-version=a", "a"],
    ["api%2Dversion=a%20b+c", "a b c"],
    ["api-version=a=b", "a=b"],
    ["api-version=a%ff", "a\ufffd"],
    ["api-version=a?b", "a?b"],
    ["Api-Version=a", undefined],
    ["?api-version=a", undefined],
    ["api-versions=a", undefined],
    ["api-version=%F0%9F%98%80", "😀"],
    ["api-version=é", "é"],
  ];
  for (const [query, version] of rows) assert.equal(apiVersionOf(query), version, query);
});

Deno.test("of other parameters the first or the last can be had", () => {
  const query = new Query("type=aziot&type=local&x=a+b%2B");
  assert.equal(query.first("type"), "aziot");
  assert.equal(query.last("type"), "local");
  assert.equal(query.first("x"), "a b+");
  assert.equal(query.first("y"), undefined);
  assert.equal(query.last("y"), undefined);
});

Deno.test("a value is quoted as the existing product writes it", () => {
  const rows: [text: string, quoted: string][] = [
    ["", '""'],
    ["2020", '"2020"'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ["\0\t\n\r", '"\\0\\t\\n\\r"'],
    ["\x01\x1b\x1f\x7f", '"\\u{1}\\u{1b}\\u{1f}\\u{7f}"'],
    ["it's é\u200b😀\u0080", '"it\'s é\u200b😀\u0080"'],
  ];
  for (const [text, quoted] of rows) assert.equal(quote(text), quoted);
});
