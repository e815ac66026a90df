// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { RefusalLog } from "./refusal_log.ts";
import { TestClock } from "./test_clock.ts";
import { testLog } from "./test_log.ts";

Deno.test("a reason is logged when it changes, else every ten minutes", () => {
  const clock = new TestClock();
  const { log, lines } = testLog();
  const refusals = new RefusalLog(log, clock);
  const rows: [reason: string, minutesLater: number, logged: boolean][] = [
    ["disabled", 0, true],
    ["disabled", 9, false],
    ["disabled", 1, true],
    ["gone", 0, true],
    ["disabled", 0, true],
  ];
  for (const [reason, minutes, logged] of rows) {
    clock.pass(minutes * 60_000);
    lines.length = 0;
    refusals.refused(reason, 10_400);
    assert.deepEqual(
      lines,
      logged ? [`ERR! The device is refused: ${reason}. Next attempt in 10 seconds.`] : [],
    );
  }
  refusals.accepted();
  lines.length = 0;
  refusals.refused("disabled", 10_000);
  assert.equal(lines.length, 1, "a reason after a success is news");
});
