// SPDX-License-Identifier: MIT

/**
 * What all servers of a process share: the serve adapter, the timer that sweeps idle and
 * unfinished connections and reports who was turned away, and the gate of large bodies.
 */

import { openServe, type RefusalReason, type ServeAdapter } from "../../ffi/serve.ts";
import type { Log } from "../log/log.ts";
import { BodyReader } from "./body.ts";
import { Endings } from "./endings.ts";
import { limitScale, timeScale } from "./environment.ts";

/** Deadlines of a process's connections, in seconds, before the scale. */
export interface Deadlines {
  /** Between an answer and the next request; default 60. */
  readonly idle: number;
  /** For a request's head, from its first byte or the accept; default 30. */
  readonly head: number;
  /** For a body, from its head; default 5. */
  readonly body: number;
}

/** The defaults of {@link Deadlines}. */
export const DEADLINES: Deadlines = { idle: 60, head: 30, body: 5 };

/** Between two sweeps, in seconds. */
const SWEEP = 5;

/** A server that wants to be called with every sweep, and told who was turned away. */
export interface Guest {
  readonly log: Log;
  swept(): void;
}

/** One a process. Its timer runs while it has guests. */
export class Reception {
  readonly endings: Endings;
  readonly bodies: BodyReader;
  readonly #guests = new Set<Guest>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /** `scale`: of deadlines; `pace`: of the time between two sweeps. */
  constructor(
    readonly adapter: ServeAdapter,
    readonly scale: number,
    readonly deadlines: Deadlines = DEADLINES,
    readonly pace: number = scale,
  ) {
    this.endings = new Endings(adapter, scale);
    this.bodies = new BodyReader(deadlines.body * 1000 * scale);
  }

  /** A server has begun to listen. */
  enter(guest: Guest): void {
    this.#guests.add(guest);
    this.#timer ??= setInterval(() => this.sweep(), SWEEP * 1000 * this.pace);
  }

  /** A server has ended. */
  leave(guest: Guest): void {
    if (!this.#guests.delete(guest) || this.#guests.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.bodies[Symbol.dispose]();
    this.endings.cancel();
  }

  /** Shuts the connections that are past a deadline, and reports who was turned away. */
  sweep(): void {
    const { idle, head } = this.deadlines;
    this.adapter.sweep(idle * this.scale, head * this.scale);
    this.#reportRefused();
    for (const guest of this.#guests) guest.swept();
  }

  #reportRefused(): void {
    const [guest] = this.#guests;
    if (guest === undefined) return;
    for (let each = this.adapter.refused(); each !== undefined; each = this.adapter.refused()) {
      const { uid, reason, count } = each;
      const times = count === 1 ? "" : ` (${count} connections)`;
      if (reason === "uid") guest.log.info(`${REFUSED.uid} for user ${uid ?? "not known"}${times}`);
      else {
        const who = `user ${uid ?? "not known"}`;
        guest.log.warn(`${REFUSED[reason]}, a caller was turned away, ${who}${times}`);
      }
    }
  }
}

const REFUSED: Record<RefusalReason, string> = {
  uid: "Max simultaneous connections reached",
  listener: "Max simultaneous connections of all users reached",
  descriptors: "Out of descriptors",
  identity: "The kernel does not say who is calling",
};

let shared: Reception | undefined;

/**
 * The process's own. Opens the adapter's library when it is first called, so before the FFI
 * permission is given up.
 */
export function reception(): Reception {
  return shared ??= new Reception(openServe(), limitScale(), DEADLINES, timeScale());
}
