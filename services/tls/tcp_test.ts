// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { TlsError, type TlsPhase } from "./errors.ts";
import { connectTcp, type Resolve, systemResolve } from "./tcp.ts";
import { answering, drain, silent, tcpServer, writeAll } from "./test_server.ts";

const SIGNAL = new AbortController().signal;

function connect(port: number, resolve: Resolve, timeoutMs = 10_000, signal = SIGNAL) {
  const target = { host: "hub.example", isAddress: false, port, peer: `hub.example:${port}` };
  return connectTcp(target, { timeoutMs, signal, resolve });
}

function to(...addresses: string[]): Resolve {
  return () => Promise.resolve(addresses);
}

async function fails(connecting: Promise<unknown>, phase: TlsPhase, ...says: RegExp[]) {
  await assert.rejects(connecting, (error) => {
    assert.ok(error instanceof TlsError, String(error));
    assert.equal(error.phase, phase, error.message);
    for (const message of says) assert.match(error.message, message);
    return true;
  });
}

/** A port of loopback that nobody listens on. */
function closedPort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}

Deno.test("an address that refuses is followed by the next", async () => {
  await using server = tcpServer(silent);
  const transport = await connect(server.port, to("127.0.0.2", "::1", "127.0.0.1"));
  assert.equal(transport.peer, `hub.example:${server.port}`);
  transport.close();
});

Deno.test("a host whose addresses all refuse is named with each of them", async () => {
  await fails(
    connect(closedPort(), to("127.0.0.1", "127.0.0.2", "127.0.0.1")),
    "connect",
    /^could not connect to hub\.example:\d+ \(127\.0\.0\.1: Connection refused .*; 127\.0\.0\.2: /,
    /^[^;]*;[^;]*$/,
  );
});

Deno.test("an address that never answers leaves time for the next", async () => {
  await using server = tcpServer(silent);
  // Nobody listens on the first; the connection attempt is made to hang by a full queue.
  const full = Deno.listen({ hostname: "127.0.0.2", port: server.port, tcpBacklog: 1 });
  const controller = new AbortController();
  const held = Array.from(
    { length: 4 },
    () =>
      Deno.connect({ hostname: "127.0.0.2", port: server.port, signal: controller.signal })
        .then((connection) => connection.close(), () => {}),
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  const transport = await connect(server.port, to("127.0.0.2", "127.0.0.1"), 1000);
  transport.close();
  controller.abort();
  await Promise.all(held);
  full.close();
});

Deno.test("a name that cannot be resolved is named with what to check", async () => {
  const reason = new Error("getaddrinfo ENOTFOUND hub.example");
  await fails(
    connect(443, () => Promise.reject(reason)),
    "resolve",
    /^could not resolve hub\.example \(getaddrinfo ENOTFOUND hub\.example\); check the name and/,
  );
  await fails(connect(443, to()), "resolve", /hub\.example has no address/);
});

Deno.test("the system's resolver knows loopback and does not know reserved names", async () => {
  const addresses = await systemResolve("localhost");
  assert.ok(addresses.includes("127.0.0.1") || addresses.includes("::1"));
  await assert.rejects(systemResolve("name.invalid"));
});

Deno.test("bytes go both ways and the end of the connection is told", async () => {
  await using server = tcpServer(answering("hello"));
  const transport = await connect(server.port, to("127.0.0.1"));
  await transport.write(new TextEncoder().encode("x\r\n\r\n"));
  let text = "";
  const buffer = new Uint8Array(3);
  for (let count = await transport.read(buffer); count !== null;) {
    text += new TextDecoder().decode(buffer.subarray(0, count));
    count = await transport.read(buffer);
  }
  assert.equal(text, "hello");
  await transport.end();
  transport.close();
});

Deno.test("what happens after the connection is gone is a transfer error", async () => {
  await using server = tcpServer(async (connection) => {
    await writeAll(connection, new Uint8Array(1));
    await drain(connection);
  });
  const transport = await connect(server.port, to("127.0.0.1"));
  const reading = (async () => {
    while (await transport.read(new Uint8Array(10)) !== null);
  })();
  transport.close();
  await fails(reading, "transfer", /the connection to hub\.example:\d+ was lost/);
  await fails(transport.read(new Uint8Array(1)), "transfer", /was lost/);
  await fails(transport.write(new Uint8Array(1)), "transfer", /was lost/);
});

Deno.test("an abandoned attempt leaves no connection behind", async () => {
  await using server = tcpServer(silent);
  const controller = new AbortController();
  const reason = new Error("stop");
  const connecting = connect(server.port, to("127.0.0.1"), 10_000, controller.signal);
  controller.abort(reason);
  await assert.rejects(connecting, (error) => error === reason);
});
