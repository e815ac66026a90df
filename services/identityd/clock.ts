// SPDX-License-Identifier: MIT

/**
 * Time and chance as this service uses them. Durations are in milliseconds of the product: a
 * development run may make them shorter than those of the wall, dates and token lifetimes never.
 */
export interface Clock {
  /** Milliseconds since 1970, for dates and expiries. */
  now(): number;
  /** Milliseconds since some moment, never set back; for how long something has lasted. */
  elapsed(): number;
  /** Resolves after `duration`; rejects with the signal's reason when that comes first. */
  sleep(duration: number, signal: AbortSignal): Promise<void>;
  /** A time limit in milliseconds of the wall, for a timer of the platform. */
  real(duration: number): number;
  /** From 0 up to 1, not included. */
  random(): number;
}

/** The machine's clock; `scale` is the factor on durations, `limitScale` on time limits. */
export function systemClock(scale: number, limitScale: number): Clock {
  return {
    now: () => Date.now(),
    elapsed: () => performance.now() / scale,
    sleep: (duration, signal) => sleep(duration * scale, signal),
    real: (duration) => duration * limitScale,
    random: () => Math.random(),
  };
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", abort);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", abort, { once: true });
  });
}
