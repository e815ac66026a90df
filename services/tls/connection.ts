// SPDX-License-Identifier: MIT

/** TLS over another transport: moves bytes between the network and the TLS library. */

import { SessionError, type SessionInfo, type TlsSession } from "../../ffi/tls.ts";
import type { Transport } from "../http/transport.ts";
import { TlsError, transferError } from "./errors.ts";
import { explain } from "./explain.ts";

/** A TLS record carries 16 KiB at the most. */
const BUFFER = 16 * 1024;

/** A TLS connection; use it after {@link handshake} has been awaited. */
export class TlsConnection implements Transport {
  readonly peer: string;
  readonly #below: Transport;
  readonly #session: TlsSession;
  readonly #host: string;
  readonly #now: () => Date;
  readonly #input = new Uint8Array(BUFFER);
  readonly #output = new Uint8Array(BUFFER);
  #receiving: Promise<boolean> | undefined;
  #fed = 0;
  #sending: Promise<void> = Promise.resolve();
  #established = false;
  #writing = false;
  #closed = false;

  /** Owns `below` and `session` from now on. `host` is what the certificate has to name. */
  constructor(below: Transport, session: TlsSession, host: string, now: () => Date) {
    this.peer = below.peer;
    this.#below = below;
    this.#session = session;
    this.#host = host;
    this.#now = now;
  }

  /** Performs the handshake; answers what was agreed. Throws `TlsError`. */
  async handshake(): Promise<SessionInfo> {
    try {
      while (await this.#handshakeStep() === "again");
    } catch (cause) {
      if (!(cause instanceof TlsError) || cause.phase !== "transfer") throw cause;
      throw new TlsError("handshake", `no TLS connection to ${this.peer}: ${cause.message}`, {
        cause,
      });
    }
    this.#established = true;
    return this.#session.info();
  }

  async #handshakeStep(): Promise<"done" | "again"> {
    const seen = this.#fed;
    const outcome = await this.#call((session) => session.handshake());
    await this.#send();
    if (outcome === "done") return outcome;
    if (outcome === "closed" || !(await this.#more(seen))) {
      throw new TlsError("handshake", `${this.peer} closed the connection during the handshake`);
    }
    return "again";
  }

  async read(into: Uint8Array): Promise<number | null> {
    for (;;) {
      const seen = this.#fed;
      const outcome = await this.#call((session) => session.read(into));
      // A refreshed key has to be answered, but a writer that is stuck must not hold the reader up:
      // the peer may have stopped listening because it has answered already.
      this.#send().catch(() => {});
      if (typeof outcome === "number") return outcome;
      if (outcome === "closed") return null;
      if (!(await this.#more(seen))) {
        // Anybody on the way can end a TCP connection: without the peer's word it proves nothing.
        throw this.failure(`${this.peer} cut the connection without a goodbye`);
      }
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#writing = true;
    for (let at = 0; at < bytes.length;) {
      const seen = this.#fed;
      const part = bytes.subarray(at, at + BUFFER);
      const outcome = await this.#call((session) => session.write(part));
      await this.#send();
      if (typeof outcome === "number") at += outcome;
      else if (outcome === "closed" || !(await this.#more(seen))) {
        throw this.failure(`${this.peer} closed the connection`);
      }
    }
    this.#writing = false;
  }

  async end(): Promise<void> {
    // Behind a write that is stuck or has failed a goodbye would wait for ever, or lie.
    if (!this.#writing) {
      try {
        await this.#call((session) => session.shutdown());
        await this.#send();
      } catch {
        // The answer is complete; a peer that is gone already needs no goodbye.
      }
    }
    this.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#session[Symbol.dispose]();
    this.#below.close();
  }

  hold(isHeld: boolean): void {
    this.#below.hold(isHeld);
  }

  failure(message: string, options?: ErrorOptions): TlsError {
    return transferError(message, options);
  }

  /** Runs one call of the library; a failed handshake's alert is sent before the error is thrown. */
  async #call<T>(call: (session: TlsSession) => T): Promise<T> {
    this.#mustBeOpen();
    try {
      return call(this.#session);
    } catch (cause) {
      if (!(cause instanceof SessionError)) throw cause;
      // The alert is a courtesy; the reason for it is what the caller has to hear.
      const alert = this.#send().catch(() => {});
      if (!this.#established) await alert;
      throw explain(cause.failure, {
        host: this.#host,
        peer: this.peer,
        established: this.#established,
        now: this.#now(),
      });
    }
  }

  /**
   * Waits until more has been fed than the `seen`th piece; false at the network's end. Reader and
   * writer share one read of the network, so what either waits for may have come for the other.
   */
  async #more(seen: number): Promise<boolean> {
    if (this.#fed !== seen) return true;
    this.#receiving ??= this.#receive().finally(() => this.#receiving = undefined);
    return await this.#receiving;
  }

  async #receive(): Promise<boolean> {
    const count = await this.#below.read(this.#input);
    this.#mustBeOpen();
    if (count === null) return false;
    this.#session.feed(this.#input.subarray(0, count));
    this.#fed++;
    return true;
  }

  /** Sends all that the library has for the network, in its order whoever asks. */
  #send(): Promise<void> {
    this.#sending = this.#sending.then(() => this.#sendAll());
    return this.#sending;
  }

  async #sendAll(): Promise<void> {
    for (;;) {
      this.#mustBeOpen();
      const count = this.#session.drain(this.#output);
      if (count === 0) return;
      await this.#below.write(this.#output.subarray(0, count));
    }
  }

  #mustBeOpen(): void {
    if (this.#closed) throw this.failure(`the connection to ${this.peer} is closed`);
  }
}
