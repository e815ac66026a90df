// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { refusalPause, retryAfterOf, throttlePause } from "./retry_pauses.ts";

const lowest = () => 0;
const highest = () => 0.999999;

Deno.test("throttled attempts wait 60, 120, 180 and 300 seconds and some, then give up", () => {
  const pauses = (random: () => number) =>
    [1, 2, 3, 4, 5].map((attempt) => throttlePause(attempt, undefined, random));
  assert.deepEqual(pauses(lowest), [60_000, 120_000, 180_000, 300_000, undefined]);
  assert.deepEqual(pauses(highest), [69_000, 139_000, 209_000, 329_000, undefined]);
});

Deno.test("what the server asks for replaces the schedule, not its end", () => {
  assert.equal(throttlePause(1, 7_000, highest), 7_000);
  assert.equal(throttlePause(4, 7_000, highest), 7_000);
  assert.equal(throttlePause(5, 7_000, highest), undefined);
});

Deno.test("Retry-After is read as seconds or as a date, within its bounds", () => {
  const now = Date.parse("2026-05-04T10:11:12Z");
  const rows: [value: string | undefined, pause: number | undefined][] = [
    [undefined, undefined],
    ["7", 7_000],
    [" 7 ", 7_000],
    ["0", 1_000],
    ["100000", 900_000],
    ["Mon, 04 May 2026 10:11:42 GMT", 30_000],
    ["Mon, 04 May 2026 10:00:00 GMT", 1_000],
    ["Mon, 04 May 2099 10:00:00 GMT", 900_000],
    ["soon", undefined],
    ["-5", undefined],
    ["", undefined],
  ];
  for (const [value, pause] of rows) {
    const headers = new Headers(value === undefined ? {} : { "retry-after": value });
    assert.equal(retryAfterOf(headers, now), pause, String(value));
  }
});

Deno.test("a refused device waits 10 seconds, doubling to 5 minutes, give or take a fifth", () => {
  const middle = () => 0.5;
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 7, 60].map((count) => refusalPause(count, middle) / 1_000),
    [10, 20, 40, 80, 160, 300, 300, 300],
  );
  assert.equal(refusalPause(1, lowest), 8_000);
  assert.equal(Math.round(refusalPause(1, highest)), 12_000);
});
