// SPDX-License-Identifier: MIT

/** How long to wait before the cloud is asked again. All durations in milliseconds. */

import { throttlePause as usualPause } from "../http/throttle_pauses.ts";

/** After a lost connection, a timeout or a server that says it is away. */
export const PAUSE_AFTER_FAILURE = 3_000;

const RETRY_AFTER_S = { min: 1, max: 900 };

/**
 * The pause after attempt `throttled` (from 1) was answered 429: what the server asks for, else
 * the schedule's, in whole seconds. `undefined` after the last attempt.
 */
export function throttlePause(
  throttled: number,
  retryAfter: number | undefined,
  random: () => number,
): number | undefined {
  const usual = usualPause(throttled, random);
  return usual === undefined ? undefined : retryAfter ?? usual;
}

/**
 * The duration of a `Retry-After` header (RFC 9110, section 10.2.3: seconds or a date), between a
 * second and a quarter of an hour; `undefined` when there is none that makes sense. `now` is in
 * milliseconds since 1970.
 */
export function retryAfterOf(headers: Headers, now: number): number | undefined {
  const value = headers.get("retry-after")?.trim();
  if (!value) return undefined;
  let seconds: number;
  if (/^[0-9]+$/.test(value)) seconds = Number(value);
  else if (/ GMT$/.test(value)) seconds = (Date.parse(value) - now) / 1_000;
  else return undefined;
  if (Number.isNaN(seconds)) return undefined;
  return Math.min(Math.max(Math.ceil(seconds), RETRY_AFTER_S.min), RETRY_AFTER_S.max) * 1_000;
}

const REFUSED = { first: 10_000, max: 5 * 60_000, jitter: 0.2 };

/**
 * The pause before a refused device asks again: ten seconds, doubling to five minutes, a fifth
 * more or less so that a fleet does not ask in step. `refusals` counts from 1.
 */
export function refusalPause(refusals: number, random: () => number): number {
  const base = Math.min(REFUSED.first * 2 ** (refusals - 1), REFUSED.max);
  return Math.round(base * (1 + REFUSED.jitter * (2 * random() - 1)));
}
