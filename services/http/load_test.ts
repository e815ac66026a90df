// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { startDaemon } from "./testing/fixture.ts";
import { exchange, get, post, RawClient } from "./testing/raw_client.ts";

const V = "?api-version=2021-05-01";
const MIB = 1024 * 1024;

async function residentBytes(socket: string): Promise<number> {
  const { body } = await exchange(socket, get(`/memory${V}`));
  return (JSON.parse(body) as Deno.MemoryUsage).rss;
}

Deno.test("10 000 requests over 8 connections are answered, in less than 100 MB", async () => {
  await using daemon = await startDaemon({
    settings: (dir) => ({ sockets: [{ endpoint: `unix://${dir}/s` }], maxConnections: 20 }),
  });
  let peak = 0;
  const worker = async (_: unknown, name: number) => {
    using client = await RawClient.connect(daemon.socket);
    for (let count = 0; count < 1250; count++) {
      const text = `${name}-${count}`;
      await client.send(
        count % 2 ? get(`/echo/${text}${V}`) : post(`/echo/x${V}`, `{"text":"${text}"}`),
      );
      const { status, body } = await client.answer();
      assert.equal(status, 200);
      assert.equal(body, count % 2 ? `["${text}"]` : `{"length":${text.length}}`);
      if (count % 250 === 0) peak = Math.max(peak, await residentBytes(daemon.socket));
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  peak = Math.max(peak, await residentBytes(daemon.socket));
  assert.ok(peak < 100 * MIB, `${Math.round(peak / MIB)} MiB`);
  // Of 5 000 successful GETs of one route by one user the first is logged.
  const lines = daemon.log().filter((line) => line.includes("<-- GET /echo"));
  assert.equal(lines.length, 1);
});

Deno.test("hostile callers do not disturb the others nor fill the memory", async () => {
  await using daemon = await startDaemon({
    settings: (dir) => ({ sockets: [{ endpoint: `unix://${dir}/s` }], maxConnections: 100 }),
    env: { AZIOT_DEV_TIME_SCALE: "0.1" },
  });
  const chunk = "FFFF\r\n" + "x".repeat(0xffff) + "\r\n";
  const hostile = [
    // An endless chunked body.
    async (client: RawClient) => {
      await client.send(
        `POST /echo/x${V} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`,
      );
      for (;;) await client.send(chunk);
    },
    // A body nobody wants.
    async (client: RawClient) => {
      await client.send(
        `POST /none${V} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n`,
      );
      for (;;) await client.send(chunk);
    },
    // A head that never ends.
    async (client: RawClient) => {
      await client.send(`GET /echo/x${V} HTTP/1.1\r\n`);
      for (;;) await client.send(`A: ${"a".repeat(1000)}\r\n`);
    },
    // Nothing at all.
    async (client: RawClient) => {
      await client.rest();
      throw new Error("closed");
    },
  ];
  const attacks = Array.from({ length: 12 }, async (_, index) => {
    using client = await RawClient.connect(daemon.socket);
    await assert.rejects(hostile[index % hostile.length]?.(client) ?? Promise.resolve());
  });
  let served = 0;
  let isOver = false;
  const good = (async () => {
    while (!isOver) {
      assert.equal((await exchange(daemon.socket, get(`/echo/x${V}`))).body, '["x"]');
      served++;
    }
  })();
  await Promise.all(attacks);
  isOver = true;
  await good;
  assert.ok(served > 10);
  const peak = await residentBytes(daemon.socket);
  assert.ok(peak < 100 * MIB, `${Math.round(peak / MIB)} MiB`);
});
