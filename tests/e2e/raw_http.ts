// SPDX-License-Identifier: MIT

/** HTTP/1.1 byte by byte, for tests of what exactly a service reads and writes. */

import { Buffer } from "node:buffer";
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
  return Uint8Array.from(Buffer.from(text, "latin1"));
}

/** A stream of bytes in both directions, such as a `Deno.Conn`. */
export interface Channel {
  read(into: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  /** Ends our side. */
  closeWrite(): Promise<void>;
  close(): Promise<void> | void;
}

/** One connection to a service. */
export class RawConnection implements AsyncDisposable {
  /** Whether the service ended the connection by a reset: it has not read everything. */
  wasReset = false;
  readonly #buffer = new Uint8Array(65536);
  #received = new Uint8Array();
  #reading: Promise<boolean> | undefined;
  #ended = false;
  #closed = false;

  constructor(readonly channel: Channel) {}

  async send(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.channel.write(bytes.subarray(at));
  }

  /** Ends our side; the service may still answer. */
  async half(): Promise<void> {
    await this.channel.closeWrite();
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

  /**
   * The bytes of the next answer with the interim ones before it, one a character; empty when the
   * connection ended without one. `toHead`: an answer that announces a body and has none.
   */
  async receiveRaw(options: { toHead?: boolean } = {}): Promise<string> {
    const answer = await this.#receiveRaw(options.toHead ?? false);
    return /^HTTP\/1\.1 1\d\d /.test(answer) ? answer + await this.receiveRaw(options) : answer;
  }

  async #receiveRaw(toHead: boolean): Promise<string> {
    while (indexOfEmptyLine(this.#received) < 0) {
      if (!await this.#more()) break;
    }
    const head = indexOfEmptyLine(this.#received);
    const length = toHead ? 0 : Number(
      /^content-length: (\d+)$/mi.exec(text(this.#received.subarray(0, Math.max(0, head))))?.[1] ??
        0,
    );
    const end = head < 0 ? this.#received.length : head + 4 + length;
    while (this.#received.length < end) {
      if (!await this.#more()) break;
    }
    const answer = this.#received.subarray(0, end);
    this.#received = this.#received.slice(end);
    return new TextDecoder("latin1").decode(answer);
  }

  /** Whatever comes next; empty at the end of the connection. */
  async receiveAny(): Promise<Uint8Array> {
    if (this.#received.length === 0) await this.#more();
    const bytes = this.#received;
    this.#received = new Uint8Array();
    return bytes;
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
    if (this.#closed) return;
    this.#closed = true;
    await this.channel.close();
    await this.#reading;
  }

  /** Reads on; false at the end of the connection. A read under way is joined, not repeated. */
  #more(): Promise<boolean> {
    return this.#reading ??= this.#read().finally(() => this.#reading = undefined);
  }

  async #read(): Promise<boolean> {
    if (this.#ended) return false;
    let length: number | null;
    try {
      length = await this.channel.read(this.#buffer);
    } catch (error) {
      this.wasReset = error instanceof Deno.errors.ConnectionReset;
      if (!this.wasReset && !this.#closed) throw error;
      length = null;
    }
    if (length === null) {
      this.#ended = true;
      return false;
    }
    this.#received = joined([this.#received, this.#buffer.subarray(0, length)]);
    return true;
  }
}

/** A connection of this process. */
export async function connect(socket: string): Promise<RawConnection> {
  return new RawConnection(await Deno.connect({ transport: "unix", path: socket }));
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
  const reader = child.stdout.getReader({ mode: "byob" });
  const writer = child.stdin.getWriter();
  writer.closed.catch(() => {});
  return new RawConnection({
    async read(into) {
      const { value, done } = await reader.read(new Uint8Array(into.length));
      if (value && value.length > 0) {
        into.set(value);
        return value.length;
      }
      // The relay tells by its exit code what a pipe cannot.
      if (done && (await child.status).code === 1) throw new Deno.errors.ConnectionReset();
      return null;
    },
    async write(bytes) {
      await writer.write(bytes);
      return bytes.length;
    },
    closeWrite: () => writer.close(),
    async close() {
      try {
        child.kill("SIGKILL");
      } catch (error) {
        // It has ended by itself already.
        if (!(error instanceof TypeError)) throw error;
      }
      await child.status;
      await reader.cancel().catch(() => {});
      await writer.abort().catch(() => {});
    },
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
  try {
    await connection.send(request);
  } catch (cause) {
    // A service that refuses a request closes before it has read all of it; its answer is there.
    if (!(cause instanceof Deno.errors.BrokenPipe)) throw cause;
  }
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
