// SPDX-License-Identifier: MIT

import type { Transport } from "./transport.ts";

/** A socket of the platform as a {@link Transport}. */
export class SocketTransport implements Transport {
  readonly peer: string;
  readonly failure: Transport["failure"];
  readonly #socket: Deno.TcpConn | Deno.UnixConn;
  #isClosed = false;

  /** Owns `socket` from now on. `peer` names the other end, `failure` makes the errors. */
  constructor(
    socket: Deno.TcpConn | Deno.UnixConn,
    peer: string,
    failure: Transport["failure"],
  ) {
    this.#socket = socket;
    this.peer = peer;
    this.failure = failure;
  }

  async read(into: Uint8Array): Promise<number | null> {
    try {
      return await this.#socket.read(into);
    } catch (cause) {
      throw this.#lost(cause);
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length;) at += await this.#socket.write(bytes.subarray(at));
    } catch (cause) {
      throw this.#lost(cause);
    }
  }

  end(): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
  }

  hold(isHeld: boolean): void {
    if (isHeld) this.#socket.ref();
    else this.#socket.unref();
  }

  #lost(cause: unknown): Error {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return this.failure(`the connection to ${this.peer} was lost (${reason})`, { cause });
  }
}
