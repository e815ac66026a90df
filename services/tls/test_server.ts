// SPDX-License-Identifier: MIT

/** Servers for this folder's tests, on loopback and a free port. */

import type { Issued } from "./test_authority.ts";

/** A connection as a test's handler sees it. */
export type Accepted = Deno.TcpConn | Deno.TlsConn;

/** A running server. */
export interface TestServer extends AsyncDisposable {
  port: number;
  /** Requests' heads in the order in which {@link answering} has read them. */
  requests: string[];
}

/** What a server does with a connection; the connection is closed afterwards. */
export type Handler = (connection: Accepted, server: TestServer) => Promise<void>;

/** A server of plain TCP, for what is not TLS or not even HTTP. */
export function tcpServer(handler: Handler, hostname = "127.0.0.1"): TestServer {
  return serve(Deno.listen({ hostname, port: 0 }), handler);
}

/** A TLS server (1.2 and 1.3). */
export function tlsServer(issued: Issued, handler: Handler, hostname = "127.0.0.1"): TestServer {
  return serve(Deno.listenTls({ hostname, port: 0, cert: issued.cert, key: issued.key }), handler);
}

/** Reads one request and sends `pieces`, each in a write of its own, then ends the connection. */
export function answering(...pieces: (string | Uint8Array)[]): Handler {
  return async (connection, server) => {
    server.requests.push(await readRequest(connection));
    for (const piece of pieces) {
      await writeAll(connection, typeof piece === "string" ? encoder.encode(piece) : piece);
    }
    await connection.closeWrite();
    await drain(connection);
  };
}

/** Accepts and then says nothing until the client has gone. */
export async function silent(connection: Accepted): Promise<void> {
  await drain(connection);
}

const encoder = new TextEncoder();

/** The request with its body, each byte one character. */
export async function readRequest(connection: Accepted): Promise<string> {
  let text = "";
  const buffer = new Uint8Array(65536);
  for (;;) {
    const end = text.indexOf("\r\n\r\n");
    if (end >= 0) {
      const length = /\r\ncontent-length: (\d+)\r\n/i.exec(text.slice(0, end + 2))?.[1];
      if (text.length >= end + 4 + Number(length ?? 0)) return text;
    }
    const count = await connection.read(buffer);
    if (count === null) return text;
    for (const byte of buffer.subarray(0, count)) text += String.fromCharCode(byte);
  }
}

/** Sends all of `bytes`. */
export async function writeAll(connection: Accepted, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** Reads to the end, so that closing does not destroy what is still under way to the client. */
export async function drain(connection: Accepted): Promise<void> {
  const buffer = new Uint8Array(65536);
  while (await connection.read(buffer) !== null);
}

function serve(listener: Deno.Listener<Accepted>, handler: Handler): TestServer {
  const { port } = listener.addr as Deno.NetAddr;
  const open = new Set<Accepted>();
  const running = new Set<Promise<void>>();
  const server: TestServer = {
    port,
    requests: [],
    [Symbol.asyncDispose]: async () => {
      listener.close();
      for (const connection of open) close(connection);
      await accepting;
      await Promise.all(running);
    },
  };

  const handle = async (connection: Accepted) => {
    open.add(connection);
    try {
      await handler(connection, server);
    } catch {
      // The client is allowed to break off; what it has seen is what the test looks at.
    } finally {
      open.delete(connection);
      close(connection);
    }
  };
  const accept = async () => {
    for (;;) {
      try {
        const connection = await listener.accept();
        const task: Promise<void> = handle(connection).finally(() => running.delete(task));
        running.add(task);
      } catch (cause) {
        if (cause instanceof Deno.errors.BadResource) return;
        if (cause instanceof Deno.errors.Interrupted) return;
      }
    }
  };
  const accepting = accept();
  return server;
}

function close(connection: Accepted): void {
  try {
    connection.close();
  } catch {
    // The handler has closed it.
  }
}
