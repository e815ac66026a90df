// SPDX-License-Identifier: MIT

import type { Answer } from "./answer.ts";

/**
 * Runs calls strictly one at a time, in the order of arrival: so much the interface of the keys
 * library promises to whatever library is installed. A call that answers with a promise lasts until
 * that has settled. What needs no call of the library never waits here.
 */
export class CallQueue {
  readonly #waiting: (() => void)[] = [];
  #busy = false;

  /** Runs the call now if nothing is in flight, else when all calls before it are done. */
  run<T>(call: () => Answer<T>): Answer<T> {
    if (this.#busy) {
      return new Promise<void>((resolve) => this.#waiting.push(resolve)).then(() =>
        this.#run(call)
      );
    }
    this.#busy = true;
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

  /** Hands over to the next in line; the queue counts as busy until nobody waits. */
  #next(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#busy = false;
  }
}
