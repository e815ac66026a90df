// SPDX-License-Identifier: MIT

/**
 * One call of the keys library in its two forms. `quick` ones take less than about 50 us and run on
 * the main thread, where they cost a tenth of what a trip to another thread costs; the others never
 * hold up the event loop.
 */
export interface LibraryCall<T> {
  readonly quick: boolean;
  blocking(): T;
  nonblocking(): Promise<T>;
}

/**
 * Calls the keys library strictly one call at a time, in the order of arrival: its ABI promises so
 * much to whatever library is installed. What needs no call of the library never waits here.
 */
export class CallQueue {
  readonly #waiting: (() => void)[] = [];
  #busy = false;

  /**
   * Runs the call now, or when all calls before it are done. A quick one answers at once, without a
   * promise, if nothing is in flight.
   */
  run<T>(call: LibraryCall<T>): T | Promise<T> {
    if (this.#busy) {
      return new Promise<void>((resolve) => this.#waiting.push(resolve))
        .then(() => call.quick ? this.#finish(call) : this.#await(call));
    }
    this.#busy = true;
    return call.quick ? this.#finish(call) : this.#await(call);
  }

  #finish<T>(call: LibraryCall<T>): T {
    try {
      return call.blocking();
    } finally {
      this.#next();
    }
  }

  async #await<T>(call: LibraryCall<T>): Promise<T> {
    try {
      return await call.nonblocking();
    } finally {
      this.#next();
    }
  }

  /** Hands the library to the next in line; `#busy` stays set until nobody waits. */
  #next(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#busy = false;
  }
}
