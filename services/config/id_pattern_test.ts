// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import fc from "fast-check";
import { matchesPattern } from "./id_pattern.ts";

Deno.test("a pattern matches the whole id, character by character", () => {
  const rows: [pattern: string, matched: string[], refused: string[]][] = [
    ["exact", ["exact"], ["exac", "exactly", "Exact", ""]],
    ["pump-?", ["pump-3", "pump-é", "pump-🔩", "pump-?", "pump-\n"], ["pump-", "pump-33", "pump"]],
    ["A*", ["A", "Ab", "A/b/c"], ["a1", "bA", ""]],
    ["*", ["", "x", "a/b", "\0", "🔩"], []],
    ["", [""], ["x"]],
    ["m*n?o*", ["m--nXoo", "mnXo", "mnnXo"], ["mno", "mnXX"]],
    ["jghmd*z", ["jghmdz", "jghmd/x/z", "jghmdzz"], ["jghmd", "JGHMDz"]],
    ["a.b", ["a.b"], ["axb"]],
    ["[x]", ["[x]"], ["x"]],
    ["Ä?ö", ["Ä1ö"], ["Äö", "ä1ö"]],
    ["**?", ["x", "xy"], [""]],
    ["*a*b", ["ab", "aab", "xaxb", "abab"], ["ba", "a", "b"]],
  ];
  for (const [pattern, matched, refused] of rows) {
    for (const id of matched) assert.ok(matchesPattern(pattern, id), `${pattern} matches ${id}`);
    for (const id of refused) assert.ok(!matchesPattern(pattern, id), `${pattern} refuses ${id}`);
  }
});

Deno.test("matching agrees with the same pattern as a regular expression", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b", "*", "?", "🔩"), maxLength: 8 });
  const ids = fc.string({ unit: fc.constantFrom("a", "b", "🔩", "?"), maxLength: 12 });
  fc.assert(fc.property(letters, ids, (pattern, id) => {
    const source = Array.from(
      pattern,
      (one) => one === "*" ? "[^]*" : one === "?" ? "[^]" : RegExp.escape(one),
    );
    assert.equal(
      matchesPattern(pattern, id),
      new RegExp(`^${source.join("")}$`, "u").test(id),
    );
  }));
});

Deno.test("a pattern of many stars takes no exponential time", () => {
  assert.ok(!matchesPattern("*a".repeat(20) + "b", "a".repeat(2000)));
});
