// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { libraryPath } from "../../ffi/library_path.ts";
import { openTls } from "../../ffi/tls.ts";
import { type Client, client, type HttpsRequest, TlsError, type TlsPhase } from "./client.ts";
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

function get(server: TestServer, more: Partial<HttpsRequest> = {}): HttpsRequest {
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
async function answerOf(handler: Handler, more: Partial<HttpsRequest> = {}) {
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
  const { promise: taken, resolve: take } = Promise.withResolvers<void>();
  await using server = tlsServer(issued, async (connection) => {
    await connection.read(new Uint8Array(1));
    await writeAll(connection, encoder.encode("HTTP/1.1 413 X\r\ncontent-length: 0\r\n\r\n"));
    // Reads no further: the request cannot be sent whole.
    await taken;
  });
  using https = trusting();
  try {
    const body = new Uint8Array(20_000_000);
    assert.equal((await https.request(get(server, { method: "POST", body }))).status, 413);
  } finally {
    take();
  }
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

const CUT: [name: string, text: string][] = [
  ["head", "HTTP/1.1 200 OK\r\ncontent-"],
  ["counted body", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"],
  ["chunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhal"],
  ["body without length", "HTTP/1.1 200 OK\r\n\r\nhalf"],
];

for (const [name, text] of CUT) {
  Deno.test(`a ${name} that is cut off by a dying server is a transfer error`, async () => {
    // Killed by its process: neither a goodbye of TLS nor the rest of the answer comes.
    await using server = await dyingServer(text);
    using https = trusting();
    await assert.rejects(https.request(get(server)), (error) => {
      assert.ok(error instanceof TlsError, String(error));
      assert.equal(error.phase, "transfer", error.message);
      assert.match(error.message, /cut the connection without a goodbye|was lost/);
      return true;
    });
  });
}

/** `openssl s_server` that sends `text` to its first client and is killed. */
async function dyingServer(text: string): Promise<TestServer> {
  const directory = await Deno.makeTempDir({ prefix: "aziot-tls-" });
  await Deno.writeTextFile(`${directory}/server.pem`, `${issued.cert}\n${issued.key}`);
  const process = new Deno.Command("openssl", {
    args: ["s_server", "-accept", "127.0.0.1:0", "-cert", `${directory}/server.pem`],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let shown = "";
  const shows = async (wanted: RegExp) => {
    for (;;) {
      const found = wanted.exec(shown);
      if (found) return found;
      const { value, done } = await reader.read();
      if (done) throw new Error(`openssl s_server ended: ${shown}`);
      shown += value;
    }
  };
  const port = Number((await shows(/ACCEPT 127\.0\.0\.1:(\d+)/))[1]);
  const dying = (async () => {
    await shows(/GET \/path/);
    const writer = process.stdin.getWriter();
    await writer.write(encoder.encode(text));
    // It prints what it reads and sends what it is given; there is no word for "sent".
    await new Promise((resolve) => setTimeout(resolve, 100));
    process.kill("SIGKILL");
    await writer.close().catch(() => {});
  })();
  return {
    port,
    requests: [],
    [Symbol.asyncDispose]: async () => {
      await dying;
      await process.status;
      await reader.cancel();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

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

Deno.test("a program needs the library and the network, and gives the library back", async () => {
  await using server = tlsServer(issued, answering(OK));
  const script = `
    import { client } from ${JSON.stringify(import.meta.resolve("./client.ts"))};
    const https = client({ trust: { system: true, extra: ${JSON.stringify(ca.pem)} } });
    const { status } = await https.request(${JSON.stringify(get(server))});
    const path = ${JSON.stringify(libraryPath("libaziot_tls.so"))};
    console.log(status, Deno.permissions.querySync({ name: "ffi", path }).state);`;
  const directory = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${directory}/program.js`, script);
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-check", "--no-prompt", "--allow-net", "--allow-env=AZIOT_LIB_DIR"],
        `--allow-ffi=${libraryPath("libaziot_tls.so")}`,
        `${directory}/program.js`,
      ],
      stderr: "inherit",
    }).output();
    assert.equal(new TextDecoder().decode(stdout).trim(), "200 prompt");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
