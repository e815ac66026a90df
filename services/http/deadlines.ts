// SPDX-License-Identifier: MIT

/**
 * Many waits of one length with one timer. A timer of its own for every request's body, or only a
 * look at the clock, would cost more than reading most bodies.
 */
export class Deadlines implements Disposable {
  readonly #milliseconds: number;
  // In the order of their beginnings, and so of their ends.
  readonly #waits = new Set<Wait>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #tick = 0;

  /** `milliseconds`: how long a wait is at least; it ends at most a tenth later. */
  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  /** `expired` is called unless {@link end} is called with the answer within the time. */
  begin(expired: () => void): Wait {
    const wait: Wait = { began: this.#tick, expired };
    this.#waits.add(wait);
    this.#timer ??= setInterval(() => this.#check(), this.#milliseconds / TICKS);
    return wait;
  }

  /** Gives a wait up; one that has expired already is left alone. */
  end(wait: Wait): void {
    this.#waits.delete(wait);
  }

  /** Gives all waits up. */
  [Symbol.dispose](): void {
    this.#waits.clear();
    this.#stop();
  }

  #check(): void {
    this.#tick++;
    for (const wait of this.#waits) {
      // The tick that was running when the wait began does not count.
      if (this.#tick - wait.began <= TICKS) return;
      this.#waits.delete(wait);
      wait.expired();
    }
    if (this.#waits.size === 0) this.#stop();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

const TICKS = 10;

/** A wait that has begun. */
export interface Wait {
  readonly began: number;
  readonly expired: () => void;
}
