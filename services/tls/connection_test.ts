// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { openTls } from "../../ffi/tls.ts";
import type { Transport } from "../http/transport.ts";
import { TlsConnection } from "./connection.ts";
import { TlsError, type TlsPhase } from "./errors.ts";
import { connectTcp, systemDial } from "./tcp.ts";
import { authority } from "./test_authority.ts";
import { drain, type Handler, readRequest, tlsServer, writeAll } from "./test_server.ts";

const library = openTls();
const ca = await authority("Test Root");
const issued = await ca.issue();
const encoder = new TextEncoder();

/** A finished handshake with a server, whose bytes go through `between`. */
async function secured(
  port: number,
  between: (below: Transport) => Transport = (below) => below,
): Promise<TlsConnection> {
  const below = await connectTcp(
    { host: "127.0.0.1", isAddress: true, port, peer: `localhost:${port}` },
    {
      timeoutMs: 10_000,
      signal: new AbortController().signal,
      dial: systemDial,
    },
  );
  using context = library.context({ system: false, extra: ca.pem });
  const session = context.session("localhost", false);
  const connection = new TlsConnection(between(below), session, "localhost", () => new Date());
  await connection.handshake();
  return connection;
}

async function fails(work: Promise<unknown>, phase: TlsPhase, message: RegExp) {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof TlsError, String(error));
    assert.equal(error.phase, phase, error.message);
    assert.match(error.message, message);
    return true;
  });
}

/** A transport that behaves differently where `changes` says so. */
function changed(below: Transport, changes: Partial<Transport>): Transport {
  return {
    peer: below.peer,
    read: (into) => below.read(into),
    write: (bytes) => below.write(bytes),
    end: () => below.end(),
    close: () => below.close(),
    hold: (isHeld) => below.hold(isHeld),
    failure: (message, options) => below.failure(message, options),
    ...changes,
  };
}

const echo: Handler = async (connection) => {
  const buffer = new Uint8Array(1000);
  for (;;) {
    const count = await connection.read(buffer);
    if (count === null) return;
    await writeAll(connection, buffer.subarray(0, count));
  }
};

async function readText(transport: Transport, length: number): Promise<string> {
  let text = "";
  const buffer = new Uint8Array(64);
  while (text.length < length) {
    const count = await transport.read(buffer);
    if (count === null) break;
    text += new TextDecoder().decode(buffer.subarray(0, count));
  }
  return text;
}

Deno.test("what is written comes back, an empty write does nothing", async () => {
  await using server = tlsServer(issued, echo);
  const connection = await secured(server.port);
  await connection.write(new Uint8Array(0));
  await connection.write(encoder.encode("hello"));
  assert.equal(await readText(connection, 5), "hello");
  await connection.end();
});

Deno.test("a network that gives one byte at a time changes nothing", async () => {
  await using server = tlsServer(issued, echo);
  const connection = await secured(
    server.port,
    (below) => changed(below, { read: (into) => below.read(into.subarray(0, 1)) }),
  );
  await connection.write(encoder.encode("hello"));
  assert.equal(await readText(connection, 5), "hello");
  await connection.end();
});

Deno.test("a connection that is cut without the peer's goodbye is an error, not an end", async () => {
  await using server = tlsServer(issued, async (connection) => {
    await readRequest(connection);
    await writeAll(connection, encoder.encode("half"));
    await drain(connection);
  });
  let cut = false;
  const connection = await secured(server.port, (below) =>
    changed(below, {
      // Somebody on the way ends the TCP connection once the answer has begun.
      read: (into) => cut ? Promise.resolve(null) : below.read(into),
    }));
  await connection.write(encoder.encode("x\r\n\r\n"));
  assert.equal(await readText(connection, 4), "half");
  cut = true;
  await fails(
    connection.read(new Uint8Array(1)),
    "transfer",
    /cut the connection without a goodbye/,
  );
  connection.close();
});

Deno.test("a network that fails during the handshake is a failed handshake", async () => {
  await using server = tlsServer(issued, echo);
  let used: Transport | undefined;
  const connecting = secured(server.port, (below) =>
    used = changed(below, {
      read: () => Promise.reject(new TlsError("transfer", "reset by peer")),
    }));
  await fails(connecting, "handshake", /^no TLS connection to localhost:\d+: reset by peer$/);
  used?.close();
});

Deno.test("a peer's goodbye is an end", async () => {
  await using server = tlsServer(issued, async (connection) => {
    await writeAll(connection, encoder.encode("bye"));
    await connection.closeWrite();
    await drain(connection);
  });
  const connection = await secured(server.port);
  assert.equal(await readText(connection, 100), "bye");
  assert.equal(await connection.read(new Uint8Array(1)), null);
  await connection.end();
});

Deno.test("bytes that were changed on the way are a transfer error that stays", async () => {
  await using server = tlsServer(issued, echo);
  let damage = false;
  const connection = await secured(server.port, (below) =>
    changed(below, {
      read: async (into) => {
        const count = await below.read(into);
        if (damage && count !== null) into[count - 1] = (into[count - 1] ?? 0) ^ 1;
        return count;
      },
    }));
  damage = true;
  await connection.write(encoder.encode("hello"));
  await fails(connection.read(new Uint8Array(10)), "transfer", /TLS connection to .* broke/);
  await fails(connection.read(new Uint8Array(10)), "transfer", /broke/);
  await fails(connection.write(new Uint8Array(1)), "transfer", /broke/);
  connection.close();
});

Deno.test("a stuck writer does not hold the reader up, and closing ends both", async () => {
  await using server = tlsServer(issued, async (connection) => {
    await writeAll(connection, encoder.encode("early"));
    await drain(connection);
  });
  let stuck: ((error: Error) => void) | undefined;
  let sticky = false;
  const connection = await secured(server.port, (below) =>
    changed(below, {
      write: (bytes) => sticky ? new Promise((_, reject) => stuck = reject) : below.write(bytes),
      close: () => {
        stuck?.(new TlsError("transfer", "stuck to the end"));
        below.close();
      },
    }));
  sticky = true;
  const writing = connection.write(new Uint8Array(100));
  assert.equal(await readText(connection, 5), "early");
  // No goodbye can be said behind the stuck write.
  await connection.end();
  await fails(writing, "transfer", /stuck to the end/);
});

Deno.test("a closed connection refuses everything and may be closed again", async () => {
  await using server = tlsServer(issued, echo);
  const connection = await secured(server.port);
  connection.close();
  connection.close();
  await fails(connection.read(new Uint8Array(1)), "transfer", /is closed/);
  await fails(connection.write(new Uint8Array(1)), "transfer", /is closed/);
  await fails(connection.handshake(), "handshake", /is closed/);
  await connection.end();
});

Deno.test("closing ends a read that waits", async () => {
  await using server = tlsServer(issued, echo);
  const connection = await secured(server.port);
  const reading = connection.read(new Uint8Array(1));
  connection.close();
  await fails(reading, "transfer", /was lost|is closed/);
});
