// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { openTls } from "../../ffi/tls.ts";
import { type Client, client, type HttpsRequest, TlsError } from "./client.ts";
import { authority } from "./test_authority.ts";
import {
  type Accepted,
  drain,
  type Handler,
  readRequest,
  type TestServer,
  tlsServer,
  writeAll,
} from "./test_server.ts";

openTls();
const ca = await authority("Test Root");
const issued = await ca.issue();
const OK = new TextEncoder().encode("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");

function trusting(): Client {
  return client({ trust: { system: false, extra: ca.pem } });
}

function ask(https: Client, { port }: TestServer, more: Partial<HttpsRequest> = {}) {
  return https.request({
    method: "GET",
    url: `https://localhost:${port}/`,
    headers: {},
    timeouts: { connect: 10_000, handshake: 10_000, total: 30_000 },
    maxBody: 1_000,
    ...more,
  });
}

/** Answers requests, and does what `then` says once `count` are answered; counts connections. */
function counting(count: number, then: (connection: Accepted) => Promise<void>) {
  const seen = { connections: 0 };
  const handler: Handler = async (connection, server) => {
    seen.connections++;
    for (let answered = 0;; answered++) {
      if (answered === count) return await then(connection);
      const request = await readRequest(connection);
      if (request === "") return;
      server.requests.push(request);
      await writeAll(connection, OK);
    }
  };
  return { seen, handler };
}

const forEver = counting.bind(undefined, Infinity, drain);

Deno.test("requests of a burst that may be repeated share a connection", async () => {
  const { seen, handler } = forEver();
  await using server = tlsServer(issued, handler);
  using https = trusting();
  for (let count = 0; count < 5; count++) {
    assert.equal((await ask(https, server)).status, 200);
    assert.equal((await ask(https, server, { method: "PUT", idempotent: true })).status, 200);
  }
  assert.deepEqual([seen.connections, server.requests.length], [1, 10]);
});

Deno.test("a request that must not be done twice has a connection of its own", async () => {
  const { seen, handler } = forEver();
  await using server = tlsServer(issued, handler);
  using https = trusting();
  for (let count = 0; count < 3; count++) await ask(https, server, { method: "PUT" });
  assert.equal(seen.connections, 3);
});

Deno.test("of many connections a few are kept", async () => {
  const { seen, handler } = forEver();
  await using server = tlsServer(issued, handler);
  using https = trusting();
  const burst = () => Promise.all(Array.from({ length: 10 }, () => ask(https, server)));
  await burst();
  assert.equal(seen.connections, 10);
  await burst();
  assert.equal(seen.connections, 16);
});

Deno.test("a connection that its server has closed costs no answer", async () => {
  // The second request meets a connection that ends, once it has been read.
  const { seen, handler } = counting(1, async (connection) => void await readRequest(connection));
  await using server = tlsServer(issued, handler);
  using https = trusting();
  for (let count = 0; count < 3; count++) assert.equal((await ask(https, server)).status, 200);
  assert.equal(seen.connections, 3);
});

Deno.test("a server that never answers is asked once more, not for ever", async () => {
  let connections = 0;
  const handler: Handler = async (connection) => {
    const isFirst = connections++ === 0;
    await readRequest(connection);
    if (!isFirst) return;
    await writeAll(connection, OK);
    await readRequest(connection);
  };
  await using server = tlsServer(issued, handler);
  using https = trusting();
  await ask(https, server);
  await assert.rejects(ask(https, server), TlsError);
  assert.equal(connections, 2);
});

Deno.test("half an answer on a kept connection is an error, not a reason to ask again", async () => {
  const { seen, handler } = counting(1, async (connection) => {
    await readRequest(connection);
    await writeAll(connection, OK.subarray(0, 10));
  });
  await using server = tlsServer(issued, handler);
  using https = trusting();
  await ask(https, server);
  await assert.rejects(ask(https, server), TlsError);
  assert.equal(seen.connections, 1);
});

Deno.test("a kept connection is for its own server, and closed when the client is", async () => {
  const [one, other] = [forEver(), forEver()];
  await using first = tlsServer(issued, one.handler);
  await using second = tlsServer(issued, other.handler);
  const https = trusting();
  for (const server of [first, second, first, second]) await ask(https, server);
  assert.deepEqual([one.seen.connections, other.seen.connections], [1, 1]);
  https[Symbol.dispose]();
});
