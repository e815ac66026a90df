// SPDX-License-Identifier: MIT

import type { Clock } from "./clock.ts";

/** A clock for tests: pauses pass at once, and what they would have taken is kept. */
export class TestClock implements Clock {
  /** The durations of all pauses, in milliseconds, in order. */
  readonly pauses: number[] = [];
  #elapsed = 0;

  /** `start`: what {@link now} begins with; `chance`: what {@link random} always says. */
  constructor(readonly start = Date.parse("2026-05-04T10:11:12Z"), readonly chance = 0) {}

  now(): number {
    return this.start + this.#elapsed;
  }

  elapsed(): number {
    return this.#elapsed;
  }

  real(duration: number): number {
    return duration;
  }

  random(): number {
    return this.chance;
  }

  /** Lets time pass. */
  pass(duration: number): void {
    this.#elapsed += duration;
  }

  async sleep(duration: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.pauses.push(duration);
    this.pass(duration);
    // Others get their turn, as they would in a real pause.
    await new Promise((resolve) => setTimeout(resolve, 0));
    signal.throwIfAborted();
  }
}
