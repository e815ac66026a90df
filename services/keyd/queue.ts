// SPDX-License-Identifier: MIT

import type { Answer } from "./answer.ts";

/**
 * Runs calls in the order of their arrival, at most so many at a time. A call that answers with a
 * promise lasts until that has settled. What needs no call of the library never waits here.
 */
export class CallQueue {
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** `limit`: 1 for calls that must not overlap. */
  constructor(readonly limit: number) {}

  /** Runs the call now if there is room, else when enough calls before it are done. */
  run<T>(call: () => Answer<T>): Answer<T> {
    if (this.#running >= this.limit) {
      return new Promise<void>((resolve) => this.#waiting.push(resolve)).then(() =>
        this.#run(call)
      );
    }
    this.#running++;
    return this.#run(call);
  }

  #run<T>(call: () => Answer<T>): Answer<T> {
    let answer: Answer<T>;
    try {
      answer = call();
    } catch (error) {
      this.#next();
      throw error;
    }
    if (answer instanceof Promise) return answer.finally(() => this.#next());
    this.#next();
    return answer;
  }

  /** Hands its room over to the next in line, who counts as running from then on. */
  #next(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#running--;
  }
}
