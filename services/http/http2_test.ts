// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { startDaemon } from "./testing/fixture.ts";
import { exchange, get, RawClient } from "./testing/raw_client.ts";

const V = "?api-version=2021-05-01";
const utf8 = new TextEncoder();

/** Frame of HTTP/2 (RFC 9113, section 4.1). */
function frame(type: number, flags: number, stream: number, payload: number[]): Uint8Array {
  const { length } = payload;
  return new Uint8Array([
    length >> 16,
    (length >> 8) & 0xff,
    length & 0xff,
    type,
    flags,
    stream >> 24,
    (stream >> 16) & 0xff,
    (stream >> 8) & 0xff,
    stream & 0xff,
    ...payload,
  ]);
}

/** A GET as one HEADERS frame, its fields as literals (RFC 7541, section 6.2.2). */
function request(stream: number, path: string): Uint8Array {
  const fields = { ":method": "GET", ":scheme": "http", ":path": path, ":authority": "x" };
  const block = Object.entries(fields).flatMap(([name, value]) => [
    0,
    name.length,
    ...utf8.encode(name),
    value.length,
    ...utf8.encode(value),
  ]);
  return frame(1, 5, stream, block); // END_STREAM, END_HEADERS
}

async function connect(path: string): Promise<RawClient> {
  const client = await RawClient.connect(path);
  await client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  await client.send(frame(4, 0, 0, []));
  return client;
}

Deno.test("HTTP/2 by prior knowledge shows the same identity", async () => {
  await using daemon = await startDaemon();
  using client = await connect(daemon.socket);
  await client.send(request(1, `/peer${V}`));
  await client.until(`"pid":${Deno.pid},"uid":${Deno.uid()},"gid":${Deno.gid()}`);
});

Deno.test("more than four requests at a time on a connection end it, and only it", async () => {
  await using daemon = await startDaemon();
  using few = await connect(daemon.socket);
  for (let index = 0; index < 4; index++) await few.send(request(1 + 2 * index, `/hold${V}`));
  using many = await connect(daemon.socket);
  for (let index = 0; index < 5; index++) {
    await many.send(request(1 + 2 * index, `/hold${V}`)).catch(() => {});
  }
  await many.rest();
  assert.equal((await exchange(daemon.socket, get(`/echo/x${V}`))).status, 200);
  const release = `POST /release${V} HTTP/1.1\r\nHost: x\r\n\r\n`;
  assert.equal((await exchange(daemon.socket, release)).status, 204);
  await few.until('"released"');
});
