// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { openTls } from "../../ffi/tls.ts";
import { client, type ClientOptions, type HttpsRequest, TlsError } from "./client.ts";
import { authority } from "./test_authority.ts";
import {
  answering,
  drain,
  type Handler,
  readRequest,
  silent,
  tcpServer,
  tlsServer,
  writeAll,
} from "./test_server.ts";

openTls();
const ca = await authority("Test Root");
const issued = await ca.issue();
const encoder = new TextEncoder();
const LONG = 30_000;
const SHORT = 60;

interface Attempt extends Partial<Pick<HttpsRequest, "timeouts" | "signal" | "body">> {
  options?: Partial<ClientOptions>;
}

async function visit(port: number, attempt: Attempt) {
  const { options, ...more } = attempt;
  using https = client({ trust: { system: false, extra: ca.pem }, ...options });
  return await https.request({
    method: "POST",
    url: `https://localhost:${port}/`,
    headers: {},
    timeouts: { connect: LONG, handshake: LONG, total: LONG },
    maxBody: 100_000,
    ...more,
  });
}

async function timesOut(port: number, attempt: Attempt, message: RegExp) {
  await assert.rejects(visit(port, attempt), (error) => {
    assert.ok(error instanceof TlsError, String(error));
    assert.equal(error.phase, "timeout", error.message);
    assert.match(error.message, message);
    return true;
  });
}

const never = () => new Promise<never>(() => {});

Deno.test("a name that is not resolved in time ends the request", async () => {
  const timeouts = { connect: SHORT, handshake: LONG, total: LONG };
  await timesOut(443, { timeouts, options: { dial: never } }, /no connection to localhost:443/);
});

Deno.test("an address that does not answer in time ends the request", async () => {
  await using full = await fullListener();
  const timeouts = { connect: SHORT, handshake: LONG, total: LONG };
  await timesOut(full.port, { timeouts }, /no connection to localhost:\d+ in time/);
});

Deno.test("a handshake that is not finished in time ends the request", async () => {
  await using server = tcpServer(silent);
  const timeouts = { connect: LONG, handshake: SHORT, total: LONG };
  await timesOut(server.port, { timeouts }, /no TLS handshake with localhost:\d+ in time/);
});

Deno.test("a handshake that drips does not prolong its time", async () => {
  await using server = tcpServer(async (connection) => {
    // A record that is announced as 16 KiB and never complete.
    await writeAll(connection, Uint8Array.of(22, 3, 3, 0x40, 0));
    for (;;) {
      await writeAll(connection, Uint8Array.of(2));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  });
  const timeouts = { connect: LONG, handshake: SHORT, total: LONG };
  await timesOut(server.port, { timeouts }, /no TLS handshake/);
});

const SLOW: [name: string, handler: Handler][] = [
  ["no answer", silent],
  ["half a head", begins("HTTP/1.1 200 OK\r\ncontent-")],
  ["half a body", begins("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")],
  ["no last chunk", begins("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n")],
  ["no end", begins("HTTP/1.1 200 OK\r\n\r\nand so on")],
];

function begins(text: string): Handler {
  return async (connection) => {
    await readRequest(connection);
    await writeAll(connection, encoder.encode(text));
    await drain(connection);
  };
}

for (const [name, handler] of SLOW) {
  Deno.test(`${name} in time ends the request`, async () => {
    await using server = tlsServer(issued, handler);
    const timeouts = { connect: LONG, handshake: LONG, total: 300 };
    await timesOut(server.port, { timeouts }, /no complete answer from localhost:\d+ in time/);
  });
}

Deno.test("an answer that drips does not prolong its time", async () => {
  await using server = tlsServer(issued, async (connection) => {
    await readRequest(connection);
    await writeAll(connection, encoder.encode("HTTP/1.1 200 OK\r\n\r\n"));
    for (;;) {
      await writeAll(connection, encoder.encode("."));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  });
  const timeouts = { connect: LONG, handshake: LONG, total: 300 };
  await timesOut(server.port, { timeouts }, /no complete answer/);
});

Deno.test("a server that does not take the request ends it in time", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  await using server = tlsServer(issued, async (connection) => {
    await connection.read(new Uint8Array(1));
    await promise;
  });
  const body = new Uint8Array(20_000_000);
  const timeouts = { connect: LONG, handshake: LONG, total: 500 };
  await timesOut(server.port, { timeouts, body }, /no complete answer/);
  resolve();
});

Deno.test("the whole limit also ends what has its own", async () => {
  await using server = tcpServer(silent);
  const timeouts = { connect: LONG, handshake: LONG, total: SHORT };
  await timesOut(server.port, { timeouts }, /no complete answer/);
  await timesOut(443, { timeouts, options: { dial: never } }, /no complete answer/);
});

Deno.test("a server that takes no goodbye does not hold the answer back", async () => {
  // It stops reading for good once it has answered; its socket stays open.
  const { promise, resolve } = Promise.withResolvers<void>();
  await using server = tlsServer(issued, async (connection) => {
    await readRequest(connection);
    await writeAll(connection, encoder.encode("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
    await promise;
  });
  assert.equal((await visit(server.port, {})).status, 200);
  resolve();
});

Deno.test("an aborted request rejects with the signal's reason, wherever it stands", async () => {
  const reason = new Error("shutting down");
  await using quiet = tcpServer(silent);
  await using slow = tlsServer(issued, silent);
  const cases: [port: number, options: Partial<ClientOptions>][] = [
    [443, { dial: never }],
    [quiet.port, {}],
    [slow.port, {}],
  ];
  for (const [port, options] of cases) {
    const controller = new AbortController();
    const request = visit(port, { options, signal: controller.signal });
    setTimeout(() => controller.abort(reason), SHORT);
    await assert.rejects(request, (error) => error === reason);
  }
});

Deno.test("a request that is aborted before it starts opens nothing", async () => {
  await using server = tlsServer(issued, answering("HTTP/1.1 204 X\r\n\r\n"));
  const reason = new Error("too late");
  const request = visit(server.port, { signal: AbortSignal.abort(reason) });
  await assert.rejects(request, (error) => error === reason);
  assert.deepEqual(server.requests, []);
});

/** A port whose queue of connections is full: what comes next is neither accepted nor refused. */
async function fullListener(): Promise<AsyncDisposable & { port: number }> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 1 });
  const { port } = listener.addr as Deno.NetAddr;
  const held: Deno.TcpConn[] = [];
  const controller = new AbortController();
  const waiting: Promise<void>[] = [];
  for (let count = 0; count < 4; count++) {
    const connecting = Deno.connect({ hostname: "127.0.0.1", port, signal: controller.signal });
    waiting.push(connecting.then((connection) => void held.push(connection), () => {}));
  }
  // One more than the queue is long; the others stay outside.
  while (held.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      controller.abort();
      await Promise.all(waiting);
      for (const connection of held) connection.close();
      listener.close();
    },
  };
}
