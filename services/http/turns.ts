// SPDX-License-Identifier: MIT

/** Gives the turn back. */
export type Release = () => void;

/**
 * One place that callers have in turn. Each has its own queue, and the queues are served one after
 * the other: a caller with many requests makes every other one wait for one of them, not for all.
 */
export class Turns {
  /** Who waits, by caller; the caller that is next comes first. */
  readonly #waiting = new Map<number, (() => void)[]>();
  #isTaken = false;

  /** Waits for a turn of `caller`, such as a uid. */
  async take(caller: number): Promise<Release> {
    if (this.#isTaken) await new Promise<void>((resolve) => this.#wait(caller, resolve));
    else this.#isTaken = true;
    return () => this.#next();
  }

  #wait(caller: number, resolve: () => void): void {
    const queue = this.#waiting.get(caller);
    if (queue) queue.push(resolve);
    else this.#waiting.set(caller, [resolve]);
  }

  /** Hands the place over; the caller that gets it goes to the end of the line. */
  #next(): void {
    for (const [caller, queue] of this.#waiting) {
      this.#waiting.delete(caller);
      const next = queue.shift();
      if (queue.length > 0) this.#waiting.set(caller, queue);
      next?.();
      return;
    }
    this.#isTaken = false;
  }
}
