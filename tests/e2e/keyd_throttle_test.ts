// SPDX-License-Identifier: MIT

/** How many connections a user may have open to the Keys Service. */

import assert from "node:assert/strict";
import { eventually } from "./eventually.ts";
import { type Keyd, startKeyd } from "./keyd_daemon.ts";
import { connect, connectAs, exchange, type RawConnection, rawRequest } from "./raw_http.ts";

const REQUEST = rawRequest("GET", "/key/none?api-version=2021-05-01");

function start(limit: number | undefined): Promise<Keyd> {
  return startKeyd({
    config: (dir) =>
      (limit === undefined ? "" : `max_requests = ${limit}\n`) +
      `[aziot_keys]\nhomedir_path = "${dir}/var/lib/aziot/keyd"\n`,
    mode: "0666",
    // Who was turned away is logged every half second.
    env: { AZIOT_DEV_TIME_SCALE: "0.1,1" },
  });
}

/** Opens so many connections, of which each has been answered once. */
async function fill(
  keyd: Keyd,
  count: number,
  stack: AsyncDisposableStack,
): Promise<RawConnection[]> {
  const connections: RawConnection[] = [];
  for (let opened = 0; opened < count; opened++) {
    const connection = stack.use(await connect(keyd.socket));
    await connection.send(REQUEST);
    assert.ok(await connection.receive(), `connection ${opened + 1} of ${count}`);
    connections.push(connection);
  }
  return connections;
}

/** What a caller that writes a request sees when it is turned away. */
async function writer(keyd: Keyd): Promise<"reset" | "broken pipe" | "EOF" | "answer"> {
  await using connection = await connect(keyd.socket);
  try {
    await connection.send(REQUEST);
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return "broken pipe";
    throw error;
  }
  if (await connection.receive()) return "answer";
  return connection.wasReset ? "reset" : "EOF";
}

for (const limit of [undefined, 3, 50]) {
  const count = limit ?? 10;
  Deno.test(`connection ${count + 1} of a user is closed without a byte (max_requests ${limit})`, async () => {
    await using keyd = await start(limit);
    await using stack = new AsyncDisposableStack();
    const [first, second] = await fill(keyd, count, stack);

    for (let tries = 0; tries < 5; tries++) {
      // A clean end after a request that was read would have the field's client wait for ever.
      assert.match(await writer(keyd), /^(reset|broken pipe)$/);
    }
    await using silent = await connect(keyd.socket);
    assert.equal((await silent.rest()).length, 0);

    if (Deno.uid() === 0) {
      await using other = connectAs(51183, keyd.socket);
      await other.send(REQUEST);
      assert.equal((await other.receive())?.status, 401);
    }
    await second?.send(REQUEST);
    assert.equal((await second?.receive())?.status, Deno.uid() === 0 ? 400 : 401);

    await first?.[Symbol.asyncDispose]();
    await eventually("a free place", async () => await writer(keyd) === "answer");
    const line = `[INFO] - Max simultaneous connections reached for user ${Deno.uid()}`;
    await eventually(line, () => keyd.daemon.log().includes(line));
  });
}

Deno.test("max_requests 0 refuses everybody", async () => {
  await using keyd = await start(0);
  assert.match(await writer(keyd), /^(reset|broken pipe)$/);
  await using silent = await connect(keyd.socket);
  assert.equal((await silent.rest()).length, 0);
});

Deno.test("a connection counts from its beginning to its end, answered or not", async () => {
  await using keyd = await start(3);
  for (let round = 0; round < 20; round++) {
    await using stack = new AsyncDisposableStack();
    for (let opened = 0; opened < 3; opened++) stack.use(await connect(keyd.socket));
  }
  await eventually("a free place", async () => await writer(keyd) === "answer");
  assert.equal((await exchange(keyd.socket, REQUEST)).status, Deno.uid() === 0 ? 400 : 401);
});
