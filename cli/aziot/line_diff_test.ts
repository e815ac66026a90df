// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import fc from "fast-check";
import { lineDiff } from "./line_diff.ts";

const shown = (before: string, after: string) =>
  lineDiff(before, after).map(({ sign, text }) => `${sign}${text}`);

Deno.test("what stays is kept, what goes stands before what comes", () => {
  assert.deepEqual(shown("a\nb\nc", "a\nx\nc"), [" a", "-b", "+x", " c"]);
  assert.deepEqual(shown("a\nb", "b\nc"), ["-a", " b", "+c"]);
  assert.deepEqual(shown("a", "a"), [" a"]);
  assert.deepEqual(shown("a\na\nb", "b\na"), ["-a", "-a", " b", "+a"]);
});

Deno.test("either text can be read from any difference", () => {
  const text = fc.array(fc.constantFrom("a", "b", "c", "")).map((lines) => lines.join("\n"));
  fc.assert(fc.property(text, text, (before, after) => {
    const lines = lineDiff(before, after);
    const without = (sign: string) =>
      lines.filter((line) => line.sign !== sign).map((line) => line.text).join("\n");
    assert.equal(without("+"), before);
    assert.equal(without("-"), after);
  }));
});
