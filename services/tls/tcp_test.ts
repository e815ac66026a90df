// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { TlsError, type TlsPhase } from "./errors.ts";
import { connectTcp, type Dial, systemDial } from "./tcp.ts";
import { answering, drain, silent, tcpServer, writeAll } from "./test_server.ts";

const SIGNAL = new AbortController().signal;

function connect(port: number, dial: Dial = systemDial, timeoutMs = 10_000, signal = SIGNAL) {
  const target = { host: "localhost", isAddress: false, port, peer: `localhost:${port}` };
  return connectTcp(target, { timeoutMs, signal, dial });
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

Deno.test("a host that refuses is named with the system's words", async () => {
  await fails(
    connect(closedPort()),
    "connect",
    /^could not connect to localhost:\d+ \(Connection refused .*\)$/,
  );
});

Deno.test("a name that cannot be resolved is named with what to check", async () => {
  // A label of more than 63 characters is refused before anybody is asked.
  const host = `${"x".repeat(64)}.invalid`;
  const target = { host, isAddress: false, port: 443, peer: `${host}:443` };
  await fails(
    connectTcp(target, { timeoutMs: 10_000, signal: SIGNAL, dial: systemDial }),
    "resolve",
    /^could not resolve x+\.invalid \(.+\); check the name and this machine's DNS settings$/,
  );
});

Deno.test("a connection that is not there in time is a timeout, one that comes later is closed", async () => {
  await using server = tcpServer(silent);
  let late: Promise<Deno.TcpConn> | undefined;
  const dial: Dial = (hostname, port) =>
    late = new Promise((resolve) => setTimeout(resolve, 30))
      .then(() => Deno.connect({ hostname, port }));
  await fails(connect(server.port, dial, 1), "timeout", /^no connection to localhost:\d+ in time/);
  const connection = await late;
  await assert.rejects(async () => await connection?.read(new Uint8Array(1)));
});

Deno.test("bytes go both ways and the end of the connection is told", async () => {
  await using server = tcpServer(answering("hello"));
  const transport = await connect(server.port);
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
  const transport = await connect(server.port);
  const reading = (async () => {
    while (await transport.read(new Uint8Array(10)) !== null);
  })();
  transport.close();
  await fails(reading, "transfer", /the connection to localhost:\d+ was lost/);
  await fails(transport.read(new Uint8Array(1)), "transfer", /was lost/);
  await fails(transport.write(new Uint8Array(1)), "transfer", /was lost/);
});

Deno.test("an abandoned attempt ends with the signal's reason", async () => {
  await using server = tcpServer(silent);
  const controller = new AbortController();
  const reason = new Error("stop");
  const connecting = connect(server.port, systemDial, 10_000, controller.signal);
  controller.abort(reason);
  await assert.rejects(connecting, (error) => error === reason);
});
