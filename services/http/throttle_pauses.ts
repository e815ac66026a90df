// SPDX-License-Identifier: MIT

/** How long a client leaves a server alone that answers 429. */

/** How often a request may be throttled before it has failed. */
export const MAX_THROTTLES = 5;

/** Base and spread in seconds of the pause after each throttled attempt; the last one has none. */
const PAUSES: readonly (readonly [base: number, spread: number])[] = [
  [60, 10],
  [120, 20],
  [180, 30],
  [300, 30],
];

/**
 * The pause in milliseconds after attempt `throttled` (from 1) was answered 429, in whole seconds.
 * `undefined` after the last attempt. `random` is at least 0 and below 1.
 */
export function throttlePause(throttled: number, random: () => number): number | undefined {
  const pause = PAUSES[throttled - 1];
  if (pause === undefined) return undefined;
  const [base, spread] = pause;
  return (base + Math.floor(random() * spread)) * 1_000;
}
