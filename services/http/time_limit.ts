// SPDX-License-Identifier: MIT

/** A time limit for something that can be stopped, below an outer limit or a caller's signal. */
export class TimeLimit implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #parent: AbortSignal | undefined;
  readonly #onParent: () => void;

  /**
   * Passes after `ms` milliseconds with the error that `reason` makes, or with the reason of
   * `parent` when that is aborted first. Dispose of it, else its timer keeps the process alive.
   */
  constructor(ms: number, reason: () => Error, parent?: AbortSignal) {
    this.#parent = parent;
    this.#onParent = () => this.#controller.abort(parent?.reason);
    // setTimeout takes no more than 2^31 - 1 and runs at once beyond.
    this.#timer = setTimeout(
      () => this.#controller.abort(reason()),
      Math.min(Math.max(ms, 0), 2 ** 31 - 1),
    );
    if (parent?.aborted) this.#onParent();
    else parent?.addEventListener("abort", this.#onParent, { once: true });
  }

  /** Aborted when the limit has passed. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /**
   * The result of `work`; when the limit passes before it is there, calls `stop` (which ends the
   * work) and rejects with the limit's reason, without waiting for the work to end.
   */
  async race<T>(work: Promise<T>, stop: () => void): Promise<T> {
    const { promise: passed, reject } = Promise.withResolvers<never>();
    const onAbort = () => {
      stop();
      reject(this.signal.reason);
    };
    // The loser of the race fails unheard.
    work.catch(() => {});
    if (this.signal.aborted) onAbort();
    else this.signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await Promise.race([passed, work]);
    } finally {
      this.signal.removeEventListener("abort", onAbort);
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#parent?.removeEventListener("abort", this.#onParent);
  }
}
