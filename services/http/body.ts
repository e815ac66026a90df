// SPDX-License-Identifier: MIT

/** Reading a request's body within its size and its time. */

import { Deadlines } from "./deadlines.ts";

/** Bodies up to this size are read side by side; larger ones wait for each other. */
const LARGE = 1024 * 1024;

/** A body that was not read to its end: the answer, after which the connection ends. */
export class BodyError extends Error {
  override name = "BodyError";

  constructor(readonly status: 400 | 408 | 413, message: string, options?: { cause?: unknown }) {
    super(message, options);
  }
}

const tooLarge = () => new BodyError(413, "request body too large");
const tooLate = () => new BodyError(408, "deadline has elapsed");
const broken = (cause: unknown) =>
  new BodyError(400, "error reading a body from connection", { cause });

/** A body that has been read. */
export interface ReadBody {
  readonly bytes: Uint8Array;
  /**
   * To be called when the answer is ready: a body over 1 MiB keeps the next one waiting until
   * then, because a few of them at once, with what becomes of them, exhaust a small heap.
   */
  readonly release: () => void;
}

const nothing = () => {};

/** Whether the head announces a body. */
export function announcesBody(headers: Headers): boolean {
  const length = headers.get("content-length");
  if (length !== null) return length !== "0";
  return headers.get("transfer-encoding") !== null;
}

/** Reads bodies; one of them a process, so that large ones meet at the same gate. */
export class BodyReader implements Disposable {
  readonly #deadlines: Deadlines;
  #gate: Promise<void> = Promise.resolve();

  /** `milliseconds`: the time a body has from its head (or from its turn) to its end. */
  constructor(milliseconds: number) {
    this.#deadlines = new Deadlines(milliseconds);
  }

  /** Reads at most `limit` bytes. Throws {@link BodyError}. */
  read(request: Request, limit: number): Promise<ReadBody> {
    const announced = request.headers.get("content-length");
    if (announced === null) return this.#readCounted(request, limit);
    // The parser has refused what is no number; one too large for a double is too large anyway.
    const length = Number(announced);
    if (length > limit) return Promise.reject(tooLarge());
    return length <= LARGE ? this.#readWhole(request, nothing) : this.#readLarge(request);
  }

  [Symbol.dispose](): void {
    this.#deadlines[Symbol.dispose]();
  }

  /** The common case, in which the platform may have the whole body already. */
  #readWhole(request: Request, release: () => void): Promise<ReadBody> {
    return new Promise((resolve, reject) => {
      const wait = this.#deadlines.begin(() => reject(tooLate()));
      request.bytes().then((bytes) => {
        this.#deadlines.end(wait);
        resolve({ bytes, release });
      }, (cause) => {
        this.#deadlines.end(wait);
        reject(broken(cause));
      });
    });
  }

  async #readLarge(request: Request): Promise<ReadBody> {
    const release = await this.#turn();
    try {
      return await this.#readWhole(request, release);
    } catch (error) {
      release();
      throw error;
    }
  }

  /** A chunked body: its length shows only while it comes in. */
  async #readCounted(request: Request, limit: number): Promise<ReadBody> {
    if (request.body === null) return { bytes: new Uint8Array(), release: nothing };
    const reader = request.body.getReader();
    const chunks: Uint8Array[] = [];
    let length = 0;
    let release = nothing;

    let expired = nothing;
    const late = new Promise<never>((_, reject) => expired = () => reject(tooLate()));
    late.catch(nothing);
    let wait = this.#deadlines.begin(() => expired());
    try {
      for (;;) {
        const { done, value } = await Promise.race([reader.read(), late]);
        if (done) break;
        length += value.length;
        if (length > limit) throw tooLarge();
        if (length > LARGE && release === nothing) {
          this.#deadlines.end(wait);
          release = await this.#turn();
          wait = this.#deadlines.begin(() => expired());
        }
        chunks.push(value);
      }
      return { bytes: joined(chunks, length), release };
    } catch (error) {
      release();
      throw error instanceof BodyError ? error : broken(error);
    } finally {
      this.#deadlines.end(wait);
    }
  }

  /** Waits for the large bodies before this one; the answer lets the next one in. */
  #turn(): Promise<() => void> {
    const before = this.#gate;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = promise;
    return before.then(() => resolve);
  }
}

function joined(chunks: Uint8Array[], length: number): Uint8Array {
  const [first] = chunks;
  if (chunks.length === 1 && first !== undefined) return first;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
