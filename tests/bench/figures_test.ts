// SPDX-License-Identifier: MIT

import { equal } from "node:assert/strict";
import { median, medianRatio, rounded } from "./figures.ts";

Deno.test("the median is the middle value, or the mean of the two in the middle", () => {
  equal(median([9, 1, 5]), 5);
  equal(median([4, 1, 9, 2]), 3);
  equal(median([7]), 7);
  equal(median([]), NaN);
});

Deno.test("a ratio is the median of each round's own", () => {
  equal(medianRatio([2, 30, 8], [1, 10, 2]), 3);
});

Deno.test("figures are rounded to a number of digits", () => {
  equal(rounded(1.25678, 2), 1.26);
  equal(rounded(3, 2), 3);
});
