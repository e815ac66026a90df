// SPDX-License-Identifier: MIT

/** A service that answers each connection by a script; for what a real one never does. */
export class Scripted implements AsyncDisposable {
  readonly requests: string[] = [];
  connections = 0;
  readonly #listener: Deno.UnixListener;
  readonly #open = new Set<Deno.UnixConn>();
  readonly #done: Promise<void>;

  private constructor(
    readonly dir: string,
    readonly serve: (conn: Deno.UnixConn, requests: string[], turn: number) => Promise<void>,
  ) {
    this.#listener = Deno.listen({ transport: "unix", path: this.socket });
    this.#done = this.#accept();
  }

  static async start(serve: Scripted["serve"]): Promise<Scripted> {
    return new Scripted(await Deno.makeTempDir({ prefix: "aziot-http-" }), serve);
  }

  get socket(): string {
    return `${this.dir}/s`;
  }

  async #accept(): Promise<void> {
    const handlers: Promise<void>[] = [];
    for await (const conn of this.#listener) {
      const turn = this.connections++;
      this.#open.add(conn);
      handlers.push(
        this.serve(conn, this.requests, turn).catch(() => {}).finally(() => {
          this.#close(conn);
        }),
      );
    }
    await Promise.all(handlers);
  }

  #close(conn: Deno.UnixConn): void {
    if (!this.#open.delete(conn)) return;
    try {
      conn.close();
    } catch {
      // Closed by the script.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const conn of this.#open) this.#close(conn);
    await this.#done;
    await Deno.remove(this.dir, { recursive: true });
  }
}

/** The next request's head and body. */
export async function readRequest(conn: Deno.UnixConn): Promise<string | undefined> {
  let text = "";
  const buffer = new Uint8Array(65536);
  for (;;) {
    const end = text.indexOf("\r\n\r\n");
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0);
    if (end >= 0 && text.length >= end + 4 + length) return text;
    const read = await conn.read(buffer);
    if (read === null) return undefined;
    text += new TextDecoder("latin1").decode(buffer.subarray(0, read));
  }
}

/** Sends text. */
export async function write(conn: Deno.UnixConn, text: string): Promise<void> {
  await conn.write(new TextEncoder().encode(text));
}

/** An answer that every caller understands. */
export const OK =
  "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
