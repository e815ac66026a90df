// SPDX-License-Identifier: MIT

import { ByteReader } from "./byte_reader.ts";
import { type Answer, type AnswerLimits, readAnswer } from "./http1_response.ts";
import type { Transport } from "./transport.ts";

/** A connection to a server of HTTP/1.1: one exchange at a time, as many as both sides want. */
export class Http1Connection {
  readonly #transport: Transport;
  readonly #reader: ByteReader;
  #sending: Promise<void> = Promise.resolve();
  #receivedBefore = 0;
  #isReusable = false;

  /** Owns `transport` from now on. */
  constructor(transport: Transport) {
    this.#transport = transport;
    this.#reader = new ByteReader(transport);
  }

  /** Whether the last exchange has ended so that another one can follow. */
  get isReusable(): boolean {
    return this.#isReusable;
  }

  /** Whether a byte of an answer has come in the last exchange. */
  get hasAnswered(): boolean {
    return this.#reader.received > this.#receivedBefore;
  }

  /**
   * Sends a request's bytes and reads the answer at the same time: a server may answer early.
   * Throws the transport's failure; {@link close} ends it at any time.
   */
  async exchange(request: Uint8Array, limits: AnswerLimits): Promise<Answer> {
    this.#isReusable = false;
    this.#receivedBefore = this.#reader.received;
    let isSent = false;
    let notSent: unknown;
    this.#sending = this.#transport.write(request).then(() => {
      isSent = true;
    }, (cause) => {
      notSent = cause;
    });
    try {
      const { answer, isPersistent } = await readAnswer(this.#reader, limits);
      this.#isReusable = isPersistent && isSent && this.#reader.isDrained;
      return answer;
    } catch (cause) {
      if (cause instanceof Error && cause.cause === undefined && notSent !== undefined) {
        cause.cause = notSent;
      }
      throw cause;
    }
  }

  /**
   * To be called between two exchanges: keeps no process alive, and calls `over` when the server
   * ends the connection or sends what nobody has asked for.
   */
  rest(over: () => void): void {
    this.#transport.hold(false);
    this.#reader.arrival().then(over, over);
  }

  /** Ends {@link rest}; the next exchange keeps the process alive. */
  wake(): void {
    this.#transport.hold(true);
  }

  /** Says goodbye, if the protocol has a word for it, and closes. Never throws. */
  async end(): Promise<void> {
    await this.#transport.end();
    await this.#sending;
  }

  /** Closes at once; an exchange that is running fails. May be called twice. */
  close(): void {
    this.#transport.close();
  }
}
