// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { type Failure, FailureReader, summarized, summary } from "./failures.ts";

const OUTPUT = `running 2 tests from ./tests/a_test.ts
a test that is called well => not of this kind ... FAILED (3ms)

 ERRORS 

a hub ... status 500 => ./tests/a_test.ts:39:15
error: AssertionError: Expected values to be strictly equal:

2 !== 1

          assert.equal(asked, 1);
                 ^
    at file:///x/tests/a_test.ts:100:18
    at async innerWrapped (ext:cli/40_test.js:300:5)

./tests/b_test.ts (uncaught error)
error: (in promise) Error: ended
This error was not caught from a test and caused the test runner to fail on the referenced module.

 FAILURES 

a hub ... status 500 => ./tests/a_test.ts:39:15

FAILED | 5 passed | 2 failed (1s)
`;

Deno.test("failed tests and modules are collected with what their errors say", () => {
  const reader = new FailureReader();
  for (const line of OUTPUT.split("\n")) reader.line(line);
  assert.deepEqual(reader.failures, [
    {
      name: "a hub ... status 500 => ./tests/a_test.ts:39:15",
      lines: [
        "error: AssertionError: Expected values to be strictly equal:",
        "2 !== 1",
        "assert.equal(asked, 1);",
        "at file:///x/tests/a_test.ts:100:18",
      ],
    },
    {
      name: "./tests/b_test.ts (uncaught error)",
      lines: [
        "error: (in promise) Error: ended",
        "This error was not caught from a test and caused the test runner to fail on the " +
        "referenced module.",
      ],
    },
  ]);
});

const failure = (index: number, lines = 9): Failure => ({
  name: `test ${index}`,
  lines: Array.from({ length: lines }, (_, line) => `line ${line}`),
});

Deno.test("a summary has sixty lines at most, and every failure that fits", () => {
  assert.deepEqual(summary([]), []);
  const rows: [failures: number, lines: number][] = [[1, 8], [8, 57], [9, 55], [30, 31], [58, 59], [
    59,
    60,
  ], [500, 60]];
  for (const [count, lines] of rows) {
    const text = summary(Array.from({ length: count }, (_, index) => failure(index)));
    assert.equal(text.length, lines, `${count} failures`);
    assert.equal(text[0], "Failed:");
  }
  assert.equal(summary(Array.from({ length: 500 }, (_, i) => failure(i))).at(-1), "- and 442 more");
  assert.ok((summary([{ name: "x".repeat(999), lines: [] }])[1] ?? "").length <= 200);
});

Deno.test("a summary is read back from the end of an output", () => {
  const failures = [failure(1, 2), failure(2, 0)];
  const output = ["whatever", "Failed:", "once", ...summary(failures), "3 passed, 2 failed", ""];
  assert.deepEqual(summarized(output.join("\n")), failures);
  for (const none of ["", "3 passed, 0 failed\n", "Failed:\nno list\n1 passed, 1 failed\n"]) {
    assert.deepEqual(summarized(none), []);
  }
});
