// SPDX-License-Identifier: MIT

/** HTTP/1.1 byte by byte, for tests of what exactly a service reads and writes. */

import { architecture } from "../../scripts/build_native.ts";

/** An answer as it came over the wire. */
export interface RawResponse {
  version: string;
  status: number;
  reason: string;
  /** In the order of their arrival, names as sent. */
  headers: [name: string, value: string][];
  body: Uint8Array;
}

/** The bytes of a request; a body gets no header of its own. */
export function rawRequest(
  method: string,
  target: string,
  headers: readonly (readonly [name: string, value: string])[] = [],
  body: string | Uint8Array = "",
): Uint8Array {
  const head = [
    `${method} ${target} HTTP/1.1`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ]
    .join("\r\n");
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  return joined([latin1(`${head}\r\n\r\n`), bytes]);
}

/** The bytes of a text whose characters stand for one byte each. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** One connection to a service. */
export class RawConnection implements AsyncDisposable {
  #received = new Uint8Array();
  #ended = false;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;

  constructor(
    streams: { readable: ReadableStream<Uint8Array>; writable: WritableStream<Uint8Array> },
    readonly release: () => Promise<void> | void,
  ) {
    this.#reader = streams.readable.getReader();
    this.#writer = streams.writable.getWriter();
    this.#writer.closed.catch(() => {});
  }

  async send(bytes: Uint8Array): Promise<void> {
    await this.#writer.write(bytes);
  }

  /** Ends our side; the service may still answer. */
  async half(): Promise<void> {
    await this.#writer.close();
  }

  /** The next answer; `undefined` when the connection ended without one. */
  async receive(options: { toHead?: boolean } = {}): Promise<RawResponse | undefined> {
    let end = -1;
    while ((end = indexOfEmptyLine(this.#received)) < 0) {
      if (await this.#more()) continue;
      if (this.#received.length === 0) return undefined;
      throw new Error(`half a head: ${JSON.stringify(text(this.#received))}`);
    }
    const [start = "", ...lines] = text(this.#received.subarray(0, end)).split("\r\n");
    this.#received = this.#received.slice(end + 4);
    const [version = "", status = "", ...reason] = start.split(" ");
    const headers = lines.map((line): [string, string] => {
      const colon = line.indexOf(": ");
      return [line.slice(0, colon), line.slice(colon + 2)];
    });
    const announced = headers.find(([name]) => name.toLowerCase() === "content-length")?.[1];
    const length = options.toHead ? 0 : Number(announced ?? 0);
    while (this.#received.length < length) {
      if (!await this.#more()) throw new Error("half a body");
    }
    const body = this.#received.slice(0, length);
    this.#received = this.#received.slice(length);
    return { version, status: Number(status), reason: reason.join(" "), headers, body };
  }

  /** Everything until the service ends the connection, as it came. */
  async rest(): Promise<Uint8Array> {
    while (await this.#more());
    return this.#received;
  }

  /** Whether the service ends the connection within so many milliseconds, sending nothing more. */
  async endsWithin(milliseconds: number): Promise<boolean> {
    if (this.#ended) return true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), milliseconds);
    });
    try {
      return await Promise.race([this.#more(), late]) === false;
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.cancel().catch(() => {});
    await this.#writer.abort().catch(() => {});
    await this.release();
  }

  async #more(): Promise<boolean> {
    if (this.#ended) return false;
    const { done, value } = await this.#reader.read();
    if (done) {
      this.#ended = true;
      return false;
    }
    this.#received = joined([this.#received, value]);
    return true;
  }
}

/** A connection of this process. */
export async function connect(socket: string): Promise<RawConnection> {
  const connection = await Deno.connect({ transport: "unix", path: socket });
  return new RawConnection(connection, () => {
    try {
      connection.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  });
}

/** A connection of another user; needs root. */
export function connectAs(uid: number, socket: string): RawConnection {
  const root = new URL("../..", import.meta.url).pathname;
  const child = new Deno.Command(`${root}build/${architecture()}/tests/connect_as`, {
    args: [String(uid), socket],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  return new RawConnection({ readable: child.stdout, writable: child.stdin }, async () => {
    try {
      child.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    await child.status;
  });
}

/** One request on a connection of its own. */
export async function exchange(
  socket: string,
  request: Uint8Array,
  options: { uid?: number; toHead?: boolean } = {},
): Promise<RawResponse> {
  await using connection = options.uid === undefined
    ? await connect(socket)
    : connectAs(options.uid, socket);
  await connection.send(request);
  const response = await connection.receive(options);
  if (!response) throw new Error("the connection ended without an answer");
  return response;
}

function indexOfEmptyLine(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(13); at >= 0; at = bytes.indexOf(13, at + 1)) {
    if (bytes[at + 1] === 10 && bytes[at + 2] === 13 && bytes[at + 3] === 10) return at;
  }
  return -1;
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
