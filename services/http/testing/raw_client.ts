// SPDX-License-Identifier: MIT

/** A client that sends exact bytes and shows the exact bytes that come back. */

/** One answer as it came. */
export interface RawAnswer {
  readonly status: number;
  /** Everything before the body, with the time of `date` left out. */
  readonly head: string;
  readonly body: string;
}

const utf8 = new TextEncoder();
const latin1 = new TextDecoder("latin1");

/** Long enough for anything that is not stuck. */
const PATIENCE_MS = 120_000;

/** A connection to a socket. */
export class RawClient implements Disposable {
  #received = "";
  #isClosed = false;
  /** The error that ended the connection, such as ECONNRESET; `undefined`: a clean end, or none. */
  failure: Error | undefined;

  private constructor(readonly connection: Deno.UnixConn) {}

  static async connect(path: string): Promise<RawClient> {
    return new RawClient(await Deno.connect({ transport: "unix", path }));
  }

  /** Sends text (as UTF-8) or bytes. */
  async send(data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === "string" ? utf8.encode(data) : data;
    for (let at = 0; at < bytes.length;) at += await this.connection.write(bytes.subarray(at));
  }

  /** Sends nothing more. */
  async halfClose(): Promise<void> {
    await this.connection.closeWrite();
  }

  /** The next answer; `hasBody: false` for one to HEAD. Rejects when the connection ends before. */
  async answer(options: { hasBody?: boolean } = {}): Promise<RawAnswer> {
    for (;;) {
      const answer = this.#take(options.hasBody ?? true);
      if (answer !== undefined) return answer;
      if (!await this.#read()) {
        throw new Error(`the connection ended with ${JSON.stringify(this.#received)}`, {
          cause: this.failure,
        });
      }
    }
  }

  /** What comes until the connection ends, answers included that were not taken. */
  async rest(): Promise<string> {
    while (await this.#read());
    const rest = this.#received;
    this.#received = "";
    return rest;
  }

  /** What comes until the connection ends, or for so many milliseconds; then it is closed. */
  async restWithin(milliseconds: number): Promise<string> {
    const timer = setTimeout(() => this[Symbol.dispose](), milliseconds);
    try {
      return await this.rest();
    } finally {
      clearTimeout(timer);
    }
  }

  /** One read of at most so many bytes, as the synchronous client in the field does. */
  async readOnce(size: number): Promise<string> {
    const buffer = new Uint8Array(size);
    const length = await this.connection.read(buffer) ?? 0;
    return latin1.decode(buffer.subarray(0, length));
  }

  /** Waits until this text has come. */
  async until(text: string): Promise<void> {
    while (!this.#received.includes(text)) {
      if (!await this.#read()) throw new Error(`ended without ${text}`, { cause: this.failure });
    }
  }

  [Symbol.dispose](): void {
    try {
      this.connection.close();
    } catch {
      // Closed already, by the test.
    }
  }

  async #read(): Promise<boolean> {
    if (this.#isClosed) return false;
    const buffer = new Uint8Array(65536);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stuck = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.connection.close();
        reject(new Error(`nothing came after ${JSON.stringify(this.#received.slice(-300))}`));
      }, PATIENCE_MS);
    });
    try {
      const length = await Promise.race([this.connection.read(buffer), stuck]);
      if (length === null) {
        this.#isClosed = true;
        return false;
      }
      this.#received += latin1.decode(buffer.subarray(0, length));
      return true;
    } catch (error) {
      if (error instanceof Error && error.message.startsWith("nothing came")) throw error;
      this.failure = error instanceof Error ? error : new Error(String(error));
      this.#isClosed = true;
      return false;
    } finally {
      clearTimeout(timer);
    }
  }

  #take(hasBody: boolean): RawAnswer | undefined {
    const end = this.#received.indexOf("\r\n\r\n");
    if (end < 0) return undefined;
    const head = this.#received.slice(0, end + 4);
    const status = Number(head.split(" ")[1]);
    const announced = Number(/\r\ncontent-length: (\d+)\r\n/.exec(head)?.[1] ?? 0);
    const length = hasBody ? announced : 0;
    if (this.#received.length < head.length + length) return undefined;
    const body = this.#received.slice(head.length, head.length + length);
    this.#received = this.#received.slice(head.length + length);
    return { status, head: head.replace(/\r\ndate: [^\r]*/, "\r\ndate: <date>"), body };
  }
}

/** Sends one request on a connection of its own and answers what came, and whether it ended. */
export async function exchange(path: string, request: string | Uint8Array): Promise<RawAnswer> {
  using client = await RawClient.connect(path);
  await client.send(request);
  return await client.answer();
}

/** A request with a JSON body and a Host. */
export function post(target: string, body: string): string {
  const length = utf8.encode(body).length;
  return `POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${length}\r\n\r\n${body}`;
}

/** A GET with a Host. */
export function get(target: string): string {
  return `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`;
}
