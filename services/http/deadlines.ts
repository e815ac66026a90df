// SPDX-License-Identifier: MIT

/**
 * Many waits of one length with one timer: a timer of its own for every request's body would cost
 * more than reading the body.
 */
export class Deadlines implements Disposable {
  // In the order of their ends, since all are equally long.
  readonly #waits = new Set<Wait>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `milliseconds` is the length of every wait. */
  constructor(readonly milliseconds: number) {}

  /** Calls `expired` unless {@link end} is called with the answer within the time. */
  begin(expired: () => void): Wait {
    const wait: Wait = { end: performance.now() + this.milliseconds, expired };
    this.#waits.add(wait);
    this.#timer ??= setTimeout(() => this.#check(), this.milliseconds);
    return wait;
  }

  /** Gives a wait up; one that has expired already is left alone. */
  end(wait: Wait): void {
    this.#waits.delete(wait);
  }

  /** Gives all waits up. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waits.clear();
  }

  #check(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const wait of this.#waits) {
      if (wait.end > now) {
        this.#timer = setTimeout(() => this.#check(), wait.end - now);
        return;
      }
      this.#waits.delete(wait);
      wait.expired();
    }
  }
}

/** A wait that has begun. */
export interface Wait {
  /** On the monotonic clock, in milliseconds. */
  readonly end: number;
  readonly expired: () => void;
}
