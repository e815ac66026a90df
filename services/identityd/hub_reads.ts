// SPDX-License-Identifier: MIT

/**
 * Keeps polling callers from becoming a storm at the hub: equal reads at a time share one request,
 * a refusal of the device itself is remembered for some seconds, and while the hub asks for
 * patience it is not asked what the backup knows.
 */

import { CloudError } from "./cloud_errors.ts";
import type { Clock } from "./clock.ts";

/** How long a refusal of the device counts for the same question, in milliseconds. */
const REFUSAL_LASTS = 10_000;

/** The reads of one hub. */
export class HubReads {
  readonly #running = new Map<string, Promise<unknown>>();
  readonly #refused = new Map<string, { error: CloudError; until: number }>();
  #throttledUntil = -Infinity;

  constructor(readonly clock: Pick<Clock, "elapsed">) {}

  /**
   * The answer to `question`: that of the same question if it is being asked already, the refusal
   * it got a moment ago, else what `ask` says. `aboutDevice`: a 404 means the device.
   */
  share<T>(question: string, aboutDevice: boolean, ask: () => Promise<T>): Promise<T> {
    const refused = this.#refused.get(question);
    if (refused && this.clock.elapsed() < refused.until) return Promise.reject(refused.error);
    this.#refused.delete(question);

    const running = this.#running.get(question);
    // A question's text decides what its answer is made of, so the type is that of `ask`.
    if (running) return running as Promise<T>;
    const answer = this.#ask(question, aboutDevice, ask);
    this.#running.set(question, answer);
    const done = () => {
      if (this.#running.get(question) === answer) this.#running.delete(question);
    };
    answer.then(done, done);
    return answer;
  }

  /** Something has changed at the hub: later reads ask again, also those that were refused. */
  changed(): void {
    this.#running.clear();
    this.#refused.clear();
  }

  /** The hub has asked to be left alone for `pause` milliseconds. */
  throttled(pause: number): void {
    this.#throttledUntil = Math.max(this.#throttledUntil, this.clock.elapsed() + pause);
  }

  /** Whether the hub still wants to be left alone. */
  get isThrottled(): boolean {
    return this.clock.elapsed() < this.#throttledUntil;
  }

  #remember(question: string, error: CloudError): void {
    const now = this.clock.elapsed();
    for (const [other, { until }] of this.#refused) {
      if (until <= now) this.#refused.delete(other);
    }
    this.#refused.set(question, { error, until: now + REFUSAL_LASTS });
  }

  async #ask<T>(question: string, aboutDevice: boolean, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof CloudError && refusesDevice(error, aboutDevice)) {
        this.#remember(question, error);
      }
      throw error;
    }
  }
}

function refusesDevice({ status, message }: CloudError, aboutDevice: boolean): boolean {
  return status === 401 || (status === 404 && (aboutDevice || /\bDeviceNotFound\b/.test(message)));
}
