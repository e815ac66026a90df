// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { createLog, type Log } from "../log/log.ts";
import { startDaemon } from "./testing/fixture.ts";
import {
  ConnectionError,
  encodeSegment,
  NotConnectedError,
  RemoteError,
  unixClient,
  type UnixClientOptions,
} from "./unix_client.ts";

const query = { "api-version": "2021-05-01" };

const client = (socket: string, more: Partial<UnixClientOptions> = {}) =>
  unixClient({ socket, host: "test.sock", ...more });

/** A log that keeps its messages. */
function recorded(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const log = createLog("test", undefined, {
    write: (bytes) => void lines.push(new TextDecoder().decode(bytes).split(" - ")[1] ?? ""),
    now: () => new Date(0),
  });
  return { log, lines };
}

/** A service that answers each connection by a script; for what a real one never does. */
class Scripted implements AsyncDisposable {
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
async function readRequest(conn: Deno.UnixConn): Promise<string | undefined> {
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

const write = (conn: Deno.UnixConn, text: string) => conn.write(new TextEncoder().encode(text));
const OK = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";

Deno.test("a path segment is encoded but for unreserved characters", () => {
  const rows: [text: string, segment: string][] = [
    ["pump-3._~", "pump-3._~"],
    ["a/b%c", "a%2Fb%25c"],
    ["$edgeAgent", "%24edgeAgent"],
    ["!'()*", "%21%27%28%29%2A"],
    ["é 😀+", "%C3%A9%20%F0%9F%98%80%2B"],
    ["", ""],
  ];
  for (const [text, segment] of rows) assert.equal(encodeSegment(text), segment);
});

Deno.test("requests reach the service and its answers come back", async () => {
  await using daemon = await startDaemon();
  using c = client(daemon.socket);
  const path = `/echo/${encodeSegment("a/b %é")}`;
  assert.deepEqual(await c.request({ method: "GET", path, query }), ["a/b %é"]);
  const body = { text: "é".repeat(1000) };
  assert.deepEqual(await c.request({ method: "POST", path, query, body }), { length: 1000 });
  assert.equal(
    await c.request({ method: "PUT", path, query, body: null, expect: 204 }),
    undefined,
  );
  assert.equal(await c.request({ method: "DELETE", path, query, expect: 204 }), undefined);
});

Deno.test("an error of the service is thrown with its status and message", async () => {
  await using daemon = await startDaemon();
  const { log, lines } = recorded();
  using c = client(daemon.socket, { retries: 3, log });
  const rows: [request: Parameters<typeof c.request>[0], status: number, message: RegExp][] = [
    [{ method: "GET", path: "/none", query }, 404, /^not found$/],
    [{ method: "GET", path: "/none" }, 400, /^api-version not specified$/],
    [{ method: "GET", path: "/fail", query }, 500, /^internal error$/],
    [{ method: "POST", path: "/fail", query, expect: 204 }, 401, /^user \d+ is not authorized$/],
    [{ method: "POST", path: "/echo/x", query, body: {} }, 422, /"text" is missing/],
  ];
  for (const [request, status, message] of rows) {
    await assert.rejects(c.request(request), (error) => {
      assert.ok(error instanceof RemoteError);
      assert.equal(error.status, status);
      assert.match(error.message, message);
      return true;
    });
  }
  assert.deepEqual(lines, [], "an answer is not tried again");
});

Deno.test("a request is written as the services expect it", async () => {
  await using server = await Scripted.start(async (conn, requests) => {
    for (let text; (text = await readRequest(conn)) !== undefined;) {
      requests.push(text);
      await write(conn, OK);
    }
  });
  using c = client(server.socket);
  await c.request({ method: "POST", path: "/sign", query, body: { a: "é" } });
  await c.request({ method: "GET", path: "/key/x", query: { a: "b c&d", "é": "+" } });
  const [first = "", second = ""] = server.requests;
  assert.match(first, /^POST \/sign\?api-version=2021-05-01 HTTP\/1\.1\r\n/);
  const headers = first.toLowerCase().split("\r\n\r\n")[0]?.split("\r\n").slice(1) ?? [];
  for (
    const expected of ["host: test.sock", "content-type: application/json", "content-length: 10"]
  ) assert.ok(headers.includes(expected), headers.join());
  assert.ok(!headers.some((header) => header.startsWith("accept-encoding")));
  assert.ok(first.endsWith('\r\n\r\n{"a":"\xc3\xa9"}'));
  assert.match(second, /^GET \/key\/x\?a=b%20c%26d&%C3%A9=%2B HTTP\/1\.1\r\n/);
  assert.doesNotMatch(second.toLowerCase(), /content-type|content-length|transfer-encoding/);
});

Deno.test("a service is called over at most four connections, which are kept", async () => {
  await using daemon = await startDaemon({
    settings: (dir) => ({ sockets: [{ endpoint: `unix://${dir}/s` }], maxConnections: 4 }),
  });
  using c = client(daemon.socket);
  const seen = new Set<number>();
  const ask = async () => {
    const { connection } = await c.request({ method: "GET", path: "/peer", query }) as {
      connection: number;
    };
    seen.add(connection);
  };
  for (let round = 0; round < 5; round++) await Promise.all(Array.from({ length: 40 }, ask));
  assert.ok(seen.size <= 4, `${seen.size} connections`);
});

Deno.test("requests that wait for a connection do not fail by the time of those before them", async () => {
  await using server = await Scripted.start(async (conn) => {
    while (await readRequest(conn) !== undefined) {
      await new Promise((resolve) => setTimeout(resolve, 150));
      await write(conn, OK);
    }
  });
  using c = client(server.socket, { timeoutMs: 1000 });
  const all = Array.from({ length: 40 }, () => c.request({ method: "GET", path: "/x" }));
  assert.equal((await Promise.all(all)).length, 40);
});

Deno.test("a kept connection that has died costs no answer, and nothing is done twice that must not", async () => {
  for (const idempotent of [true, false]) {
    // The service ends each connection when the second request on it has come.
    await using server = await Scripted.start(async (conn, requests) => {
      requests.push(await readRequest(conn) ?? "");
      await write(conn, OK);
      requests.push(await readRequest(conn) ?? "");
    });
    const { log, lines } = recorded();
    using c = client(server.socket, { log });
    const request = { method: "POST", path: "/sign", body: { a: 1 }, idempotent } as const;
    for (let count = 0; count < 3; count++) assert.deepEqual(await c.request(request), {});
    assert.deepEqual(lines, [], "no retry of the caller's");
    const received = server.requests.filter((text) => text !== "");
    // The second and the third went out on a dead connection first, but only where they may.
    assert.equal(received.length, idempotent ? 5 : 3);
    assert.ok(received.every((text) => text.endsWith('{"a":1}')));
  }
});

Deno.test("a request that must not be done twice is not sent again when its connection breaks", async () => {
  await using server = await Scripted.start(async (conn, requests) => {
    requests.push(await readRequest(conn) ?? "");
  });
  using c = client(server.socket);
  await assert.rejects(c.request({ method: "POST", path: "/key", body: {} }), ConnectionError);
  assert.equal(server.requests.length, 1);
});

// Twice as many may be open for a moment: those whose end the service has yet to see.
Deno.test("connections of one's own count among the four", async () => {
  await using daemon = await startDaemon({
    settings: (dir) => ({ sockets: [{ endpoint: `unix://${dir}/s` }], maxConnections: 8 }),
  });
  using c = client(daemon.socket);
  const ask = (_: unknown, index: number) =>
    c.request({ method: index % 2 ? "GET" : "POST", path: "/echo/x", query, body: { text: "" } });
  for (let round = 0; round < 5; round++) await Promise.all(Array.from({ length: 20 }, ask));
});

Deno.test("a service that was restarted is called on new connections", async () => {
  const dir = await Deno.makeTempDir({ prefix: "aziot-http-" });
  const settings = () => ({ sockets: [{ endpoint: `unix://${dir}/s` }] });
  try {
    using c = client(`${dir}/s`);
    const ask = () => c.request({ method: "GET", path: "/echo/x", query });
    for (let round = 0; round < 3; round++) {
      await using daemon = await startDaemon({ passed: {}, settings });
      assert.equal((await Promise.all([ask(), ask(), ask(), ask(), ask()])).length, 5);
      daemon.signal("SIGTERM");
      await daemon.ended();
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("a service that is not there is tried as often as the caller says, with a line each", async () => {
  const dir = await Deno.makeTempDir({ prefix: "aziot-http-" });
  try {
    const stale = `${dir}/stale`;
    const listener = Deno.listen({ transport: "unix", path: `${dir}/bound` });
    await Deno.rename(`${dir}/bound`, stale);
    listener.close();
    const rows: [socket: string, message: string][] = [
      [`${dir}/none`, `not connected: there is no ${dir}/none`],
      [stale, `not connected: nobody listens on ${stale}`],
    ];
    for (const [socket, message] of rows) {
      const { log, lines } = recorded();
      using c = client(socket, { retries: 2, retryPauseMs: 1, log });
      await assert.rejects(c.request({ method: "GET", path: "/x" }), (error) => {
        assert.ok(error instanceof NotConnectedError);
        assert.equal(error.message, message);
        return true;
      });
      assert.deepEqual(
        lines.map((line) => line.trim()),
        [1, 2, 3].map((attempt) =>
          `Failed to send HTTP request (attempt ${attempt} of 3): ${message}`
        ),
      );
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("a retry that succeeds is the answer", async () => {
  await using server = await Scripted.start(async (conn, _requests, turn) => {
    await readRequest(conn);
    if (turn === 2) await write(conn, OK);
  });
  const { log, lines } = recorded();
  using c = client(server.socket, { retries: 2, retryPauseMs: 1, log });
  assert.deepEqual(await c.request({ method: "POST", path: "/x", body: {} }), {});
  assert.equal(lines.length, 2);
});

Deno.test("no answer, half an answer, a wrong or an endless one is a connection error", async () => {
  const head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
  const rows: [name: string, answer: string, message: RegExp][] = [
    ["closed", "", /the connection to .* failed/],
    ["half a head", "HTTP/1.1 200 OK\r\nconte", /failed/],
    ["half a body", `${head}content-length: 50\r\n\r\n{"a":`, /failed/],
    ["not HTTP", "hello\r\n\r\n", /failed/],
    ["too long", `${head}content-length: 2000\r\n\r\n${"x".repeat(2000)}`, /longer than 1000/],
    ["chunks without end", `${head}transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n`, /failed/],
    ["not JSON", `${head}content-length: 6\r\n\r\nsecret`, /the answer is not JSON/],
    [
      "another type",
      "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 2\r\n\r\n{}",
      /content type "text\/html"/,
    ],
    [
      "another status",
      "HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\n{}",
      /unexpected HTTP status 202/,
    ],
  ];
  for (const [name, answer, message] of rows) {
    await using server = await Scripted.start(async (conn) => {
      await readRequest(conn);
      await write(conn, answer);
    });
    using c = client(server.socket, { maxResponse: 1000 });
    await assert.rejects(c.request({ method: "GET", path: "/x" }), (error) => {
      assert.ok(error instanceof ConnectionError, `${name}: ${error}`);
      assert.ok(!(error instanceof NotConnectedError));
      assert.match(error.message, message, name);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  }
});

Deno.test("a service that does not answer in time is given up, and the connection with it", async () => {
  await using server = await Scripted.start(async (conn) => {
    await readRequest(conn);
    await conn.read(new Uint8Array(1));
  });
  using c = client(server.socket, { timeoutMs: 50, retries: 1, retryPauseMs: 1 });
  await assert.rejects(
    c.request({ method: "GET", path: "/x" }),
    /^ConnectionError: no answer from .* within 0\.05 s$/,
  );
  assert.equal(server.connections, 2);
});

Deno.test("a caller can give up at any time", async () => {
  await using server = await Scripted.start(async (conn) => {
    await readRequest(conn);
    await conn.read(new Uint8Array(1));
  });
  using c = client(server.socket, { retries: 1 });
  const ask = (signal: AbortSignal) => c.request({ method: "GET", path: "/x", signal });
  await assert.rejects(ask(AbortSignal.abort(new Error("before"))), /before/);
  // Five: the last one waits for a connection.
  const aborts = Array.from({ length: 5 }, () => new AbortController());
  const asked = aborts.map(({ signal }) => ask(signal));
  const outcomes = Promise.allSettled(asked);
  while (server.connections < 4) await new Promise((resolve) => setTimeout(resolve, 1));
  for (const abort of aborts.toReversed()) abort.abort(new Error("enough"));
  for (const outcome of await outcomes) {
    assert.ok(outcome.status === "rejected");
    assert.match(String(outcome.reason), /enough/);
  }
  // And during the pause before a further attempt.
  using gone = client(`${server.dir}/none`, { retries: 1 });
  const abort = new AbortController();
  const waiting = gone.request({ method: "GET", path: "/x", signal: abort.signal });
  const outcome = assert.rejects(waiting, /enough/);
  setTimeout(() => abort.abort(new Error("enough")), 20);
  await outcome;
});

Deno.test({
  name: "without permission for the socket the error says so at once",
  permissions: { read: true, write: ["/tmp"], env: true },
  async fn() {
    using c = client("/run/aziot-test-none.sock", { retries: 3 });
    await assert.rejects(c.request({ method: "GET", path: "/x" }), Deno.errors.NotCapable);
  },
});
