// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { bindAgain, rangeBeside, reservePort, untilRefused } from "./reserved_port.ts";

/** Listens on 127.0.0.1 until the test ends. */
const listen = (port: number) => Promise.resolve(Deno.listen({ hostname: "127.0.0.1", port }));

Deno.test("ports come from beside the kernel's range, whatever that is", () => {
  const rows: [localRange: string, first: number, last: number][] = [
    ["32768\t60999\n", 10_000, 32_767],
    ["", 10_000, 32_767],
    ["12000 60999", 10_000, 11_999],
    ["1024 60999", 61_000, 65_535],
    ["10500 65000", 10_000, 65_535],
    ["1024 65535", 10_000, 65_535],
  ];
  for (const [localRange, first, last] of rows) {
    assert.deepEqual(rangeBeside(localRange), { first, last }, localRange);
  }
});

Deno.test("a reserved port is its holder's while nobody listens on it", async () => {
  const { reserved, bound } = await reservePort(listen);
  const { port } = reserved;
  bound.close();
  // Whoever else wants one of ours asks for the same seat.
  assert.throws(() => Deno.listen({ hostname: "127.0.0.2", port }), Deno.errors.AddrInUse);
  (await listen(port)).close();
  reserved[Symbol.dispose]();
  Deno.listen({ hostname: "127.0.0.2", port }).close();
});

Deno.test("ports that somebody listens on are passed over", async () => {
  const tried: number[] = [];
  const { reserved, bound } = await reservePort(async (port) => {
    tried.push(port);
    if (tried.length > 2) return await listen(port);
    using _other = await listen(port);
    return await listen(port);
  });
  bound.close();
  reserved[Symbol.dispose]();
  assert.equal(tried.length, 3);
  assert.equal(new Set(tried).size, 3);
  assert.equal(reserved.port, tried[2]);
});

Deno.test("a port is listened on again, and found closed, while processes are being started", async () => {
  const { reserved, bound } = await reservePort(listen);
  const { port } = reserved;
  bound.close();
  let isOver = false;
  const starts = Array.from({ length: 3 }, async () => {
    while (!isOver) await new Deno.Command("/bin/true").output();
  });
  try {
    for (let count = 0; count < 30; count++) {
      let again: Deno.TcpListener | undefined;
      await bindAgain(async () => {
        again = await listen(port);
      });
      again?.close();
      await untilRefused(port);
    }
  } finally {
    isOver = true;
    await Promise.all(starts);
    reserved[Symbol.dispose]();
  }
});

Deno.test("what is wrong with listening again is told", async () => {
  await assert.rejects(bindAgain(() => Promise.reject(new Error("denied"))), /^Error: denied$/);
});

Deno.test("what else goes wrong with listening is told, and no port is kept", async () => {
  let tried = 0;
  const listening = reservePort((port) => {
    tried = port;
    return Promise.reject(new Error("no certificate"));
  });
  await assert.rejects(listening, /^Error: no certificate$/);
  Deno.listen({ hostname: "127.0.0.2", port: tried }).close();
});
