// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { recordedLog } from "./testing/recorded_log.ts";
import { OK, readRequest, Scripted, write } from "./testing/scripted.ts";
import {
  ConnectionError,
  NotConnectedError,
  unixClient,
  type UnixClientOptions,
} from "./unix_client.ts";

const client = (socket: string, more: Partial<UnixClientOptions> = {}) =>
  unixClient({ socket, host: "test.sock", ...more });

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
      const { log, lines } = recordedLog();
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
  const { log, lines } = recordedLog();
  using c = client(server.socket, { retries: 2, retryPauseMs: 1, log });
  assert.deepEqual(await c.request({ method: "POST", path: "/x", body: {} }), {});
  assert.equal(lines.length, 2);
});

Deno.test("no answer, half an answer, a wrong or an endless one is a connection error", async () => {
  const head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
  const rows: [name: string, answer: string, message: RegExp][] = [
    ["closed", "", /the answer of .* ends too early/],
    ["half a head", "HTTP/1.1 200 OK\r\nconte", /ends too early/],
    ["half a body", `${head}content-length: 50\r\n\r\n{"a":`, /ends in the middle of its body/],
    ["not HTTP", "hello\r\n\r\n", /is not HTTP/],
    ["too long", `${head}content-length: 2000\r\n\r\n${"x".repeat(2000)}`, /more than 1000 bytes/],
    [
      "chunks without end",
      `${head}transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n`,
      /ends too early/,
    ],
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
