// SPDX-License-Identifier: MIT

/** Reading a request's body within its size and its time. */

import { Deadlines } from "./deadlines.ts";
import { type Release, Turns } from "./turns.ts";
import { within } from "./within.ts";

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

/** Whether the head announces a body. */
export function announcesBody(headers: Headers): boolean {
  const length = headers.get("content-length");
  if (length !== null) return length !== "0";
  return headers.get("transfer-encoding") !== null;
}

/** Reads bodies; one of them a process, so that large ones meet at the same gate. */
export class BodyReader implements Disposable {
  readonly #deadlines: Deadlines;
  /** Several large bodies at once, with what becomes of them, exhaust a small heap. */
  readonly #turns = new Turns();
  /** Bodies that are being read or wait for their turn. */
  #unread = 0;
  #whenRead: PromiseWithResolvers<void> | undefined;

  /** `milliseconds`: the time a body has from its head (or from its turn) to its end. */
  constructor(milliseconds: number) {
    this.#deadlines = new Deadlines(milliseconds);
  }

  /**
   * Reads at most `limit` bytes and answers what `use` makes of them, or `fail` of the
   * {@link BodyError}; neither may throw. `caller` is the uid: the large bodies of several callers
   * take turns.
   */
  read<T>(
    request: Request,
    limit: number,
    use: (bytes: Uint8Array) => T | Promise<T>,
    fail: (error: BodyError) => T | Promise<T>,
    caller = 0,
  ): T | Promise<T> {
    const announced = request.headers.get("content-length");
    if (announced === null) return this.#readCounted(request, limit, use, fail, caller);
    // The parser has refused what is no number; one too large for a double is too large anyway.
    const length = Number(announced);
    if (length > limit) return fail(tooLarge());
    this.#unread++;
    return length <= LARGE
      ? this.#readWhole(request, use, fail)
      : this.#turns.take(caller).then((release) =>
        this.#readWhole(request, use, fail).finally(release)
      );
  }

  /**
   * Settles when no body is being read, after `milliseconds` at the latest. A server that shuts
   * down lets handlers finish, but the platform cuts the bodies they are still waiting for.
   */
  async allRead(milliseconds: number): Promise<void> {
    if (this.#unread === 0) return;
    this.#whenRead ??= Promise.withResolvers();
    await within(this.#whenRead.promise, milliseconds);
  }

  [Symbol.dispose](): void {
    this.#deadlines[Symbol.dispose]();
  }

  /** The common case, in which the platform may have the whole body already. */
  #readWhole<T>(
    request: Request,
    use: (bytes: Uint8Array) => T | Promise<T>,
    fail: (error: BodyError) => T | Promise<T>,
  ): Promise<T> {
    return new Promise((resolve) => {
      let isOpen = true;
      const wait = this.#deadlines.begin(() => {
        isOpen = false;
        this.#settled();
        resolve(fail(tooLate()));
      });
      request.bytes().then((bytes) => {
        if (!isOpen) return;
        this.#deadlines.end(wait);
        this.#settled();
        resolve(use(bytes));
      }, (cause) => {
        if (!isOpen) return;
        this.#deadlines.end(wait);
        this.#settled();
        resolve(fail(broken(cause)));
      });
    });
  }

  /** A chunked body: its length shows only while it comes in. */
  async #readCounted<T>(
    request: Request,
    limit: number,
    use: (bytes: Uint8Array) => T | Promise<T>,
    fail: (error: BodyError) => T | Promise<T>,
    caller: number,
  ): Promise<T> {
    let release: Release | undefined;
    const turn = async () => {
      release = await this.#turns.take(caller);
    };
    try {
      return await use(await this.#collect(request, limit, turn));
    } catch (error) {
      return fail(error instanceof BodyError ? error : broken(error));
    } finally {
      release?.();
    }
  }

  async #collect(request: Request, limit: number, turn: () => Promise<void>): Promise<Uint8Array> {
    if (request.body === null) return new Uint8Array();
    this.#unread++;
    const reader = request.body.getReader();
    const chunks: Uint8Array[] = [];
    let length = 0;
    let hasTurn = false;

    const { promise: late, reject } = Promise.withResolvers<never>();
    late.catch(() => {});
    let wait = this.#deadlines.begin(() => reject(tooLate()));
    try {
      for (;;) {
        const { done, value } = await Promise.race([reader.read(), late]);
        if (done) return joined(chunks, length);
        length += value.length;
        if (length > limit) throw tooLarge();
        chunks.push(value);
        if (length > LARGE && !hasTurn) {
          this.#deadlines.end(wait);
          await turn();
          hasTurn = true;
          wait = this.#deadlines.begin(() => reject(tooLate()));
        }
      }
    } finally {
      this.#deadlines.end(wait);
      this.#settled();
    }
  }

  #settled(): void {
    if (--this.#unread > 0) return;
    this.#whenRead?.resolve();
    this.#whenRead = undefined;
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
