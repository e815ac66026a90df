// SPDX-License-Identifier: MIT

import type { Http1Connection } from "./http1_connection.ts";

/** How many connections are kept, and for how long. */
export interface IdleLimits {
  /** Over all servers; the longest idle one makes room. */
  readonly count: number;
  /** After so many milliseconds without a request a connection is ended. */
  readonly milliseconds: number;
}

interface Idle {
  readonly server: string;
  readonly connection: Http1Connection;
  readonly timer: ReturnType<typeof setTimeout>;
}

/**
 * Connections that wait for their next request, the last used one first. They keep no process
 * alive, and one that its server has ended is dropped at once.
 */
export class IdleConnections {
  readonly #limits: IdleLimits;
  /** The longest idle one first. */
  readonly #idle: Idle[] = [];
  #isClosed = false;

  constructor(limits: IdleLimits) {
    this.#limits = limits;
  }

  /** How many there are. */
  get count(): number {
    return this.#idle.length;
  }

  /** A connection to `server`, for one exchange. */
  take(server: string): Http1Connection | undefined {
    const at = this.#idle.findLastIndex((idle) => idle.server === server);
    const [taken] = at < 0 ? [] : this.#idle.splice(at, 1);
    if (!taken) return undefined;
    clearTimeout(taken.timer);
    taken.connection.wake();
    return taken.connection;
  }

  /** Keeps a connection whose exchange is over, or ends it where that makes no sense. */
  keep(server: string, connection: Http1Connection): void {
    if (!connection.isReusable || this.#isClosed) {
      connection.close();
      return;
    }
    if (this.#idle.length >= this.#limits.count) this.drop();
    const timer = setTimeout(() => this.#remove(idle), this.#limits.milliseconds);
    Deno.unrefTimer(timer);
    const idle: Idle = { server, connection, timer };
    this.#idle.push(idle);
    connection.rest(() => this.#remove(idle));
  }

  /** Ends the longest idle one, if there is any. */
  drop(): void {
    const [oldest] = this.#idle;
    if (oldest) this.#remove(oldest);
  }

  /** Ends all to `server`: one of them has turned out to be dead, so the others will be. */
  forget(server: string): void {
    for (const idle of this.#idle.filter((idle) => idle.server === server)) this.#remove(idle);
  }

  /** Closes all, now and as they come back. */
  close(): void {
    this.#isClosed = true;
    for (const { connection, timer } of this.#idle.splice(0)) {
      clearTimeout(timer);
      connection.close();
    }
  }

  #remove(idle: Idle): void {
    const at = this.#idle.indexOf(idle);
    // It has been taken meanwhile: what has come is the answer.
    if (at < 0) return;
    this.#idle.splice(at, 1);
    clearTimeout(idle.timer);
    idle.connection.end();
  }
}
