// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { keyPositions } from "./key_positions.ts";

const TEXT = `# comment with [brackets] and "quotes
a = "x # no comment ] }"   # a = 1
b.c = '''
[not.a.table]
it''s'''
"quo\\"ted" = """
\\""" [x]
""""
[t]   # [y]
k = [ 1, [2, 3], # two
  { m = "}", n = ["]"] },
]
'lite.ral' = { p = 1, q.r = 2 }
[[list]]
k = 1
[list.sub]
k = 2
[[list]]
k = 3
[[list.sub2]]
k = 2026-01-02 03:04:05
[ t . "\\u00fc" ]
k = -1.5
`;

const PLACES: [(string | number)[], number, number][] = [
  [["a"], 2, 1],
  [["b"], 3, 1],
  [["b", "c"], 3, 1],
  [['quo"ted'], 6, 1],
  [["t"], 9, 1],
  [["t", "k"], 10, 1],
  [["t", "k", 0], 10, 7],
  [["t", "k", 1, 1], 10, 14],
  [["t", "k", 2], 11, 3],
  [["t", "k", 2, "m"], 11, 5],
  [["t", "k", 2, "n", 0], 11, 19],
  [["t", "lite.ral", "p"], 13, 16],
  [["t", "lite.ral", "q", "r"], 13, 23],
  [["list", 0, "k"], 15, 1],
  [["list", 0, "sub", "k"], 17, 1],
  [["list", 1], 18, 1],
  [["list", 1, "k"], 19, 1],
  [["list", 1, "sub2", 0, "k"], 21, 1],
  [["t", "\u00fc", "k"], 23, 1],
];

for (const [path, line, column] of PLACES) {
  Deno.test(`the place of ${path.join(".")} is found`, () => {
    assert.deepEqual(keyPositions(TEXT).get(path), { line, column });
  });
}

Deno.test("a key that is not there has the place of the table around it, or none", () => {
  assert.deepEqual(keyPositions(TEXT).get(["list", 1, "none", "x"]), { line: 18, column: 1 });
  assert.equal(keyPositions(TEXT).get(["none"]), undefined);
});
