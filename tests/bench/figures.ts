// SPDX-License-Identifier: MIT

/** Numbers out of numbers. */

/** The middle one, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}

/** The median of the quotients, pair by pair: what two subjects cost in the same round. */
export function medianRatio(values: readonly number[], by: readonly number[]): number {
  return median(values.map((value, index) => value / (by[index] ?? NaN)));
}

/** So many digits after the point, at most. */
export function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
