// SPDX-License-Identifier: MIT

/**
 * Reads one HTTP/1.1 answer (RFC 9112). Strict where leniency would let two parties see different
 * messages: no folded lines, no space before a colon, one unambiguous length.
 */

import type { Budget, ByteReader } from "./byte_reader.ts";

/** A server's answer. */
export interface Answer {
  /** 200 to 999. */
  status: number;
  /** Fields of the head; each byte of a value is one character. */
  headers: Headers;
  /** The body without its framing; empty when there is none. */
  body: Uint8Array;
}

/** An answer, and whether the connection can carry another one behind it. */
export interface Received {
  answer: Answer;
  isPersistent: boolean;
}

/** Limits of an answer. */
export interface AnswerLimits {
  /** The request's method: `HEAD` has no body whatever the head says. */
  method: string;
  /** Largest body in bytes; a larger one is an error. */
  maxBody: number;
}

/** The largest head and the largest trailers, in bytes. */
const MAX_HEAD = 64 * 1024;
/** The largest line before a chunk: a number and perhaps an extension. */
const MAX_CHUNK_LINE = 1024;
/** Fields of a head; their lookup takes time that grows with the square. */
const MAX_FIELDS = 256;
/** Interim answers (1xx) before the final one. */
const MAX_INTERIM = 8;

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// deno-lint-ignore no-control-regex -- the very characters that must not occur
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/;

/** Waits for the final answer. Throws the transport's failure for what cannot be trusted. */
export async function readAnswer(reader: ByteReader, limits: AnswerLimits): Promise<Received> {
  for (let interim = 0; interim <= MAX_INTERIM; interim++) {
    const head = await readHead(reader);
    if (head.status === 101) throw reader.malformed("switches to a protocol nobody asked for");
    if (head.status >= 200) {
      const { body, isBounded } = await readBody(reader, head, limits);
      return {
        answer: { status: head.status, headers: head.headers, body },
        isPersistent: isBounded && isPersistent(head),
      };
    }
  }
  throw reader.malformed("never comes: too many interim answers");
}

interface Head {
  version: "1.0" | "1.1";
  status: number;
  headers: Headers;
}

async function readHead(reader: ByteReader): Promise<Head> {
  const budget: Budget = { left: MAX_HEAD, name: "a head" };
  const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: (.*))?$/.exec(await reader.line(budget));
  if (!statusLine) throw reader.malformed("is not HTTP/1.1");
  const headers = await readFields(reader, budget);
  const [, minor, status] = statusLine;
  return { version: minor === "0" ? "1.0" : "1.1", status: Number(status), headers };
}

async function readFields(reader: ByteReader, budget: Budget): Promise<Headers> {
  const headers = new Headers();
  for (let count = 0;; count++) {
    const line = await reader.line(budget);
    if (line === "") return headers;
    if (count === MAX_FIELDS) throw reader.malformed("has too many header fields");
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0));
    if (!TOKEN.test(name)) throw reader.malformed("has a malformed header field");
    const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, "");
    if (CONTROL.test(value)) throw reader.malformed(`has a control character in ${name}`);
    headers.append(name, value);
  }
}

/** Whether the server means to go on (RFC 9112, section 9.3); older versions never do here. */
function isPersistent({ version, headers }: Head): boolean {
  const options = headers.get("connection")?.toLowerCase().split(",") ?? [];
  return version === "1.1" && !options.some((option) => option.trim() === "close");
}

/** The body, and whether it has ended before the connection does. */
async function readBody(
  reader: ByteReader,
  head: Head,
  limits: AnswerLimits,
): Promise<{ body: Uint8Array; isBounded: boolean }> {
  const encoding = head.headers.get("transfer-encoding");
  const length = head.headers.get("content-length");
  const size = length === null ? undefined : parseLength(reader, length);
  if (encoding !== null) {
    if (size !== undefined) throw reader.malformed("has both a length and a transfer encoding");
    if (head.version === "1.0" || encoding.toLowerCase() !== "chunked") {
      throw reader.malformed("has a transfer encoding that is not supported");
    }
  }
  if (limits.method === "HEAD" || head.status === 204 || head.status === 304) {
    // A 204 that announces a body may be followed by one, which would pass for the next answer.
    const announces = encoding !== null || (size ?? 0) > 0;
    return { body: new Uint8Array(0), isBounded: head.status !== 204 || !announces };
  }

  const body = new Body(reader, limits.maxBody);
  if (encoding !== null) await readChunks(reader, body);
  else if (size !== undefined) await body.counted(size);
  else await body.toTheEnd();
  return { body: body.bytes(), isBounded: encoding !== null || size !== undefined };
}

/** A length that was sent twice is fine as long as both say the same (RFC 9112, section 6.3). */
function parseLength(reader: ByteReader, text: string): number {
  const values = new Set(text.split(",").map((value) => value.trim()));
  const [value = "", ...others] = values;
  if (others.length > 0 || !/^\d{1,15}$/.test(value)) {
    throw reader.malformed("has no usable content-length");
  }
  return Number(value);
}

async function readChunks(reader: ByteReader, body: Body): Promise<void> {
  for (;;) {
    const line = await reader.line({ left: MAX_CHUNK_LINE, name: "a chunk head" }, true);
    const size = /^([0-9a-f]{1,8})[ \t]*(?:;.*)?$/i.exec(line);
    if (!size) throw reader.malformed("has a malformed chunk");
    const count = parseInt(size[1] ?? "", 16);
    if (count === 0) break;
    await body.counted(count);
    const end = await reader.line({ left: MAX_CHUNK_LINE, name: "a chunk end" }, true);
    if (end !== "") throw reader.malformed("has a malformed chunk");
  }
  // Trailers could only say what nobody has asked for; read for the syntax, then dropped.
  await readFields(reader, { left: MAX_HEAD, name: "a trailer" });
}

/** What has been read of a body, never more than the limit. */
class Body {
  readonly #reader: ByteReader;
  readonly #limit: number;
  #bytes = new Uint8Array(0);
  #size = 0;

  constructor(reader: ByteReader, limit: number) {
    this.#reader = reader;
    this.#limit = limit;
  }

  /** Takes exactly `count` bytes. */
  async counted(count: number): Promise<void> {
    if (this.#size + count > this.#limit) throw this.#tooLarge();
    for (let left = count; left > 0;) {
      const part = await this.#reader.some(left);
      if (part === null) throw this.#reader.malformed("ends in the middle of its body");
      this.#add(part);
      left -= part.length;
    }
  }

  /** Takes all until the peer ends the connection. */
  async toTheEnd(): Promise<void> {
    for (;;) {
      const part = await this.#reader.some(Infinity);
      if (part === null) return;
      if (this.#size + part.length > this.#limit) throw this.#tooLarge();
      this.#add(part);
    }
  }

  bytes(): Uint8Array {
    return this.#size === this.#bytes.length ? this.#bytes : this.#bytes.slice(0, this.#size);
  }

  /** Copies: the announced length allocates nothing, only what has really come does. */
  #add(part: Uint8Array): void {
    const size = this.#size + part.length;
    if (size > this.#bytes.length) {
      // Most bodies come in one piece.
      const least = this.#size === 0 ? size : Math.max(size, 2 * this.#size, 4096);
      const larger = new Uint8Array(Math.min(this.#limit, least));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(part, this.#size);
    this.#size = size;
  }

  #tooLarge(): Error {
    return this.#reader.malformed(`has a body of more than ${this.#limit} bytes`);
  }
}
