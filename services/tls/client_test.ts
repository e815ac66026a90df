// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { openTls } from "../../ffi/tls.ts";
import { type Client, client, type Request, TlsError, type TlsPhase } from "./client.ts";
import { authority } from "./test_authority.ts";
import {
  answering,
  drain,
  type Handler,
  readRequest,
  tcpServer,
  type TestServer,
  tlsServer,
  writeAll,
} from "./test_server.ts";

openTls();
const ca = await authority("Test Root");
const issued = await ca.issue();
const encoder = new TextEncoder();

function trusting(): Client {
  return client({ trust: { system: false, extra: ca.pem } });
}

function get(server: TestServer, more: Partial<Request> = {}): Request {
  return {
    method: "GET",
    url: `https://localhost:${server.port}/path?query`,
    headers: {},
    timeouts: { connect: 10_000, handshake: 10_000, total: 30_000 },
    maxBody: 1_000_000,
    ...more,
  };
}

/** Runs one GET against a TLS server with this handler. */
async function answerOf(handler: Handler, more: Partial<Request> = {}) {
  await using server = tlsServer(issued, handler);
  using https = trusting();
  return await https.request(get(server, more));
}

async function fails(handler: Handler, phase: TlsPhase, message: RegExp, more = {}) {
  await assert.rejects(answerOf(handler, more), (error) => {
    assert.ok(error instanceof TlsError, String(error));
    assert.equal(error.phase, phase, error.message);
    assert.match(error.message, message);
    return true;
  });
}

const OK = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";

Deno.test("a request is sent exactly as given and its answer returned whole", async () => {
  await using server = tlsServer(issued, answering(OK));
  using https = trusting();
  const answer = await https.request(get(server, {
    method: "PUT",
    headers: { "content-type": "application/json", "if-match": "*" },
    body: encoder.encode('{"a":1}'),
  }));
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("content-type"), "application/json");
  assert.equal(new TextDecoder().decode(answer.body), "{}");
  assert.deepEqual(server.requests, [
    "PUT /path?query HTTP/1.1\r\ncontent-type: application/json\r\nif-match: *\r\n" +
    `host: localhost:${server.port}\r\ncontent-length: 7\r\n\r\n{"a":1}`,
  ]);
});

Deno.test("any status is an answer, redirects included", async () => {
  for (const status of [204, 301, 401, 404, 500]) {
    const head = `HTTP/1.1 ${status} X\r\nlocation: https://elsewhere.example/\r\n`;
    assert.equal((await answerOf(answering(`${head}content-length: 0\r\n\r\n`))).status, status);
  }
});

Deno.test("a chunked answer in small pieces is put together", async () => {
  const pieces = ["HTTP/1.1 200 OK\r\ntransfer-enc", "oding: chunked\r\n\r\n3\r\n", "ab", "c\r"];
  const answer = await answerOf(answering(...pieces, "\n0\r\n", "x: y\r\n\r\n"));
  assert.equal(new TextDecoder().decode(answer.body), "abc");
});

Deno.test("an answer without length ends with the server's goodbye", async () => {
  const answer = await answerOf(answering("HTTP/1.1 200 OK\r\n\r\n", "one ", "two"));
  assert.equal(new TextDecoder().decode(answer.body), "one two");
});

Deno.test("a megabyte goes there and back", async () => {
  const body = crypto.getRandomValues(new Uint8Array(65_536));
  const large = new Uint8Array(1_000_000);
  for (let at = 0; at < large.length; at += body.length) {
    large.set(body.subarray(0, large.length - at), at);
  }
  const echo: Handler = async (connection) => {
    const request = await readRequest(connection);
    const sent = Uint8Array.from(request.slice(-large.length), (char) => char.charCodeAt(0));
    await writeAll(
      connection,
      encoder.encode("HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n"),
    );
    await writeAll(connection, sent);
    await drain(connection);
  };
  const answer = await answerOf(echo, { method: "POST", body: large });
  assert.deepEqual(answer.body, large);
});

Deno.test("an answer before the request is complete is taken", async () => {
  const early: Handler = async (connection) => {
    await connection.read(new Uint8Array(1));
    await writeAll(connection, encoder.encode("HTTP/1.1 413 X\r\ncontent-length: 0\r\n\r\n"));
    // Reads no further until the client has gone: its request cannot be sent whole.
    await new Promise((resolve) => setTimeout(resolve, 50));
  };
  const answer = await answerOf(early, { method: "POST", body: new Uint8Array(20_000_000) });
  assert.equal(answer.status, 413);
});

Deno.test("many requests at a time each get their own answer", async () => {
  const numbered: Handler = async (connection) => {
    const path = /^GET (\S+)/.exec(await readRequest(connection))?.[1] ?? "";
    await answeringTo(connection, path);
  };
  await using server = tlsServer(issued, numbered);
  using https = trusting();
  const answers = await Promise.all(
    Array.from(
      { length: 40 },
      (_, index) =>
        https.request(get(server, { url: `https://localhost:${server.port}/${index}` })),
    ),
  );
  assert.deepEqual(
    answers.map(({ body }) => new TextDecoder().decode(body)),
    Array.from({ length: 40 }, (_, index) => `/${index}`),
  );
});

async function answeringTo(connection: Parameters<Handler>[0], body: string) {
  const head = `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`;
  await writeAll(connection, encoder.encode(head + body));
  await drain(connection);
}

Deno.test("an http URL is served in the clear", async () => {
  await using server = tcpServer(answering(OK));
  using https = trusting();
  const answer = await https.request(get(server, { url: `http://localhost:${server.port}/` }));
  assert.equal(answer.status, 200);
});

Deno.test("a request that cannot be sent is refused before anything is opened", async () => {
  await using server = tlsServer(issued, answering(OK));
  using https = trusting();
  await assert.rejects(https.request(get(server, { url: "ftp://localhost/" })), TypeError);
  await assert.rejects(https.request(get(server, { headers: { host: "x" } })), TypeError);
  assert.deepEqual(server.requests, []);
});

Deno.test("a connection that closes before the answer is a transfer error", async () => {
  const closing: Handler = async (connection) => {
    await readRequest(connection);
    await connection.closeWrite();
  };
  await fails(closing, "transfer", /localhost:\d+ ends too early/);
});

Deno.test("a counted body that ends early is a transfer error", async () => {
  const half = answering("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n", "half");
  await fails(half, "transfer", /ends in the middle of its body/);
});

Deno.test("a head or body beyond the limits is a transfer error", async () => {
  const head = answering(`HTTP/1.1 200 OK\r\na: ${"x".repeat(70_000)}\r\n\r\n`);
  await fails(head, "transfer", /a head that is too large/);
  const body = answering("HTTP/1.1 200 OK\r\n\r\n", "x".repeat(2000));
  await fails(body, "transfer", /body of more than 1000 bytes/, { maxBody: 1000 });
});

Deno.test("a server that never stops sending is cut off at the limit", async () => {
  const endless: Handler = async (connection) => {
    await readRequest(connection);
    await writeAll(connection, encoder.encode("HTTP/1.1 200 OK\r\n\r\n"));
    for (;;) await writeAll(connection, new Uint8Array(65_536));
  };
  await fails(endless, "transfer", /body of more than 1000000 bytes/);
});

Deno.test("the same client goes on after a failure", async () => {
  let first = true;
  const handler: Handler = async (connection, server) => {
    if (first) {
      first = false;
      return;
    }
    await answering(OK)(connection, server);
  };
  await using server = tlsServer(issued, handler);
  using https = trusting();
  await assert.rejects(https.request(get(server)), TlsError);
  assert.equal((await https.request(get(server))).status, 200);
});

Deno.test("extra anchors that are no certificates fail the request with the reason", async () => {
  await using server = tlsServer(issued, answering(OK));
  using https = client({ trust: { system: false, extra: "hello" } });
  await assert.rejects(https.request(get(server)), (error) => {
    assert.ok(error instanceof TlsError);
    assert.match(error.message, /extra trust anchors contain no PEM certificate/);
    return true;
  });
});
