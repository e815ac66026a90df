// SPDX-License-Identifier: MIT

/** Lines and counted bytes from a connection. */

import type { Transport } from "./transport.ts";

const CHUNK = 16 * 1024;
const LF = 0x0a;
const CR = 0x0d;

/** Reads from a transport; what one call leaves over is there for the next. */
export class ByteReader {
  readonly #transport: Transport;
  readonly #chunk = new Uint8Array(CHUNK);
  #rest: Uint8Array = new Uint8Array(0);
  #arriving: Promise<boolean> | undefined;
  #received = 0;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** An error about what the peer has sent. */
  malformed(what: string): Error {
    return this.#transport.failure(`the answer of ${this.#transport.peer} ${what}`);
  }

  /** How many bytes have come so far. */
  get received(): number {
    return this.#received;
  }

  /** Whether all that has come was taken. */
  get isDrained(): boolean {
    return this.#rest.length === 0;
  }

  /** Settles when there is something to take, or the connection has ended or failed. */
  async arrival(): Promise<void> {
    if (this.isDrained) await this.#more();
  }

  /**
   * The next line without its end (CR LF, or LF alone unless `strict`), each byte one character,
   * taken from `budget`. Throws when the budget is used up or the connection ends before.
   */
  async line(budget: Budget, strict = false): Promise<string> {
    let scanned = 0;
    for (;;) {
      const found = this.#rest.indexOf(LF, scanned);
      const length = found < 0 ? this.#rest.length : found + 1;
      if (length > budget.left) throw this.malformed(`has ${budget.name} that is too large`);
      if (found >= 0) {
        budget.left -= length;
        return this.#takeLine(found, strict);
      }
      scanned = this.#rest.length;
      if (!(await this.#more())) throw this.malformed("ends too early");
    }
  }

  /**
   * At most `limit` bytes that are there or come next, valid until the next call; `null` at the end
   * of the connection.
   */
  async some(limit: number): Promise<Uint8Array | null> {
    if (this.#rest.length === 0 && !(await this.#more())) return null;
    return this.#take(Math.min(limit, this.#rest.length));
  }

  #takeLine(end: number, strict: boolean): string {
    const bytes = this.#take(end + 1);
    const withCr = end > 0 && bytes[end - 1] === CR;
    if (strict && !withCr) throw this.malformed("has a line that does not end in CR LF");
    const line = bytes.subarray(0, withCr ? end - 1 : end);
    if (line.includes(CR) || line.includes(0)) {
      throw this.malformed("has a CR or NUL inside a line");
    }
    let text = "";
    for (const byte of line) text += String.fromCharCode(byte);
    return text;
  }

  #take(count: number): Uint8Array {
    const taken = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(count);
    return taken;
  }

  /** Waits for more, with everybody who waits already; false at the end of the connection. */
  #more(): Promise<boolean> {
    this.#arriving ??= this.#receive().finally(() => this.#arriving = undefined);
    return this.#arriving;
  }

  async #receive(): Promise<boolean> {
    // What is left over lies in the chunk that is about to be filled again.
    const held = this.#rest.slice();
    const count = await this.#transport.read(this.#chunk);
    if (count === null) return false;
    this.#received += count;
    const received = this.#chunk.subarray(0, count);
    if (held.length === 0) {
      this.#rest = received;
    } else {
      this.#rest = new Uint8Array(held.length + count);
      this.#rest.set(held);
      this.#rest.set(received, held.length);
    }
    return true;
  }
}

/** How many bytes a part of the answer may still have. */
export interface Budget {
  left: number;
  /** `a head`, for the message when it is used up. */
  name: string;
}
