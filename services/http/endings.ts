// SPDX-License-Identifier: MIT

/**
 * Ending connections after their last answer. A handler's answer is handed over, not sent, when
 * the platform calls the request completed; a connection shut at that moment loses it. So the
 * bytes that the adapter has seen go out are compared with the length of the answer.
 */

import type { ServeAdapter } from "../../ffi/serve.ts";

/** Pauses between looks in milliseconds; the last one repeats. */
const PAUSES = [0, 1, 2, 5, 10, 20, 50, 100];
/** The smallest head of an answer over HTTP/1, in bytes: status line and date. */
const SMALLEST_HEAD = 60;
/** Nothing sent for so many milliseconds counts as the end of an answer (HTTP/2 packs heads). */
const QUIET = 1_000;
/** A caller who does not take its last answer within so many milliseconds is cut off. */
const PATIENCE = 30_000;

/** The connections of a process that end with the answer under way. */
export class Endings {
  readonly #pending = new Map<number, ReturnType<typeof setTimeout>>();

  constructor(
    readonly adapter: Pick<ServeAdapter, "sent" | "shut">,
    readonly scale: number,
  ) {}

  /** How many bytes have gone out on a connection; to be passed to {@link afterAnswer}. */
  mark(connection: number): number {
    return this.adapter.sent(connection);
  }

  /**
   * Shuts `connection` when `length` bytes of body and their head have gone out since `mark`;
   * `done` is called when it is shut or gone.
   */
  afterAnswer(connection: number, mark: number, length: number, done: () => void): void {
    if (this.#pending.has(connection)) return done();
    const wanted = mark + length + SMALLEST_HEAD;
    const start = performance.now();
    let seen = mark;
    let seenAt = start;
    let looks = 0;

    const look = () => {
      const sent = this.adapter.sent(connection);
      const now = performance.now();
      const isSteady = sent === seen;
      if (!isSteady) {
        seen = sent;
        seenAt = now;
      }
      const isOut = isSteady &&
        (sent >= wanted || (sent > mark && now - seenAt >= QUIET * this.scale));
      if (sent < 0 || isOut || now - start >= PATIENCE * this.scale) {
        this.#pending.delete(connection);
        if (sent >= 0) this.adapter.shut(connection);
        done();
        return;
      }
      const pause = PAUSES[Math.min(looks++, PAUSES.length - 1)] ?? 0;
      this.#pending.set(connection, setTimeout(look, pause));
    };
    this.#pending.set(connection, setTimeout(look, 0));
  }

  /** Stops waiting: the connections are being cut anyway. */
  cancel(): void {
    for (const timer of this.#pending.values()) clearTimeout(timer);
    this.#pending.clear();
  }
}
