// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { QueryError, queryOffset } from "./query.ts";

interface Server extends AsyncDisposable {
  port: number;
  requests: number;
}

/** A time server whose clock is ahead; `spoil` may change an answer, or keep it back. */
async function timeServer(
  aheadMs: number,
  spoil: (packet: Uint8Array, count: number) => Uint8Array | undefined = (packet) => packet,
): Promise<Server> {
  const socket = createSocket("udp4");
  await new Promise<void>((bound) => socket.bind(0, "127.0.0.1", () => bound()));
  const server: Server = {
    port: socket.address().port,
    requests: 0,
    [Symbol.asyncDispose]: () => new Promise((closed) => socket.close(() => closed())),
  };
  socket.on("message", (asked, from) => {
    server.requests++;
    const packet = new Uint8Array(48);
    packet.set([4 << 3 | 4, 1]);
    packet.set(asked.subarray(40, 48), 24);
    const view = new DataView(packet.buffer);
    const now = Date.now() + aheadMs;
    for (const at of [32, 40]) {
      view.setUint32(at, Math.floor(now / 1000) + 2_208_988_800);
      view.setUint32(at + 4, Math.floor(now % 1000 / 1000 * 2 ** 32));
    }
    const answer = spoil(packet, server.requests);
    if (answer) socket.send(answer, from.port, from.address);
  });
  return server;
}

const query = (port: number, times = { timeoutMs: 2000, totalMs: 10_000 }) =>
  queryOffset({ host: "127.0.0.1", port, retries: 3, now: Date.now, ...times });

async function problem(asking: Promise<number>): Promise<QueryError> {
  try {
    await asking;
  } catch (error) {
    if (error instanceof QueryError) return error;
    throw error;
  }
  throw new Error("the query succeeded");
}

Deno.test("a server that is an hour ahead is", async () => {
  await using server = await timeServer(3_600_000);
  const offset = await query(server.port);
  assert.ok(Math.abs(offset - 3_600_000) < 1000, `${offset}`);
  assert.equal(server.requests, 1);
});

Deno.test("a bad answer is asked for again", async () => {
  await using server = await timeServer(-60_000, (packet, count) => {
    if (count < 4) packet[0] = 0xe4;
    return packet;
  });
  assert.ok(Math.abs(await query(server.port) + 60_000) < 1000);
  assert.equal(server.requests, 4);
});

for (
  const [what, spoil, reason] of [
    [
      "wrong modes",
      (p: Uint8Array) => (p[0] = 4 << 3 | 5, p),
      /parse NTP server response: .*mode 5/,
    ],
    ["wrong requests", (p: Uint8Array) => (p[24] = 0, p), /parse .*another request/],
    ["stubs", (p: Uint8Array) => p.subarray(0, 20), /parse .*only 20 bytes/],
  ] as const
) {
  Deno.test(`a server with nothing but ${what} is given up after three more tries`, async () => {
    await using server = await timeServer(0, spoil);
    const error = await problem(query(server.port));
    assert.match(error.message, reason);
    assert.equal(error.isUnreachable, false);
    assert.equal(server.requests, 4);
  });
}

Deno.test("a silent server is nobody", async () => {
  await using server = await timeServer(0, () => undefined);
  const error = await problem(query(server.port, { timeoutMs: 20, totalMs: 10_000 }));
  assert.match(error.message, /^could not receive NTP server response: no answer in time$/);
  assert.equal(error.isUnreachable, true);
  assert.equal(server.requests, 4);
});

Deno.test("all tries together have their time", async () => {
  await using server = await timeServer(0, () => undefined);
  const error = await problem(query(server.port, { timeoutMs: 20, totalMs: 1 }));
  assert.equal(error.isUnreachable, true);
  assert.equal(server.requests, 1);
});

Deno.test("a name without an address is nobody", async () => {
  const asking = queryOffset({
    ...{ host: "no-such-host.invalid", port: 123, retries: 0, now: Date.now },
    ...{ timeoutMs: 1000, totalMs: 1000 },
  });
  const error = await problem(asking);
  assert.match(error.message, /^could not resolve NTP pool hostname: /);
  assert.equal(error.isUnreachable, true);
});

Deno.test("an answer from elsewhere is not heard", async () => {
  const [server, stranger] = [createSocket("udp4"), createSocket("udp4")];
  await new Promise<void>((bound) => server.bind(0, "127.0.0.1", () => bound()));
  const asked = Promise.withResolvers<void>();
  server.on("message", (_, from) => {
    stranger.send(new Uint8Array(48), from.port, from.address, () => asked.resolve());
  });
  try {
    const times = { timeoutMs: 100, totalMs: 100 };
    assert.match((await problem(query(server.address().port, times))).message, /no answer in time/);
    await asked.promise;
  } finally {
    for (const socket of [server, stranger]) {
      await new Promise<void>((closed) => socket.close(() => closed()));
    }
  }
});
