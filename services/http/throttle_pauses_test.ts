// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { MAX_THROTTLES, throttlePause } from "./throttle_pauses.ts";

Deno.test("each throttled attempt waits longer, the last one not at all", () => {
  const attempts = Array.from({ length: MAX_THROTTLES }, (_, index) => index + 1);
  const pauses = (random: number) =>
    attempts.map((attempt) => throttlePause(attempt, () => random));
  assert.deepEqual(pauses(0), [60_000, 120_000, 180_000, 300_000, undefined]);
  assert.deepEqual(pauses(0.999999), [69_000, 139_000, 209_000, 329_000, undefined]);
});
