// SPDX-License-Identifier: MIT

/** Limits and deadlines of connections to `Deno.serve` below the adapter. */

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { connect, MANY, readUntil, type Running, startServer, write } from "./tests/fixture.ts";

const KEEP_ALIVE = "HTTP/1.1\r\nHost: x\r\n\r\n";
const uid = Deno.uid() ?? 0;

/** Opens a connection, gets one answer (head and body come in one piece) and leaves it open. */
async function openAnswered(server: Running, index = 0): Promise<Deno.UnixConn> {
  const connection = await connect(server.socket(index));
  await write(connection, `GET /adopted ${KEEP_ALIVE}`);
  await readUntil(connection, "\r\n\r\n");
  return connection;
}

/** Sweeps until a connection ends, and checks that it ended without a byte. */
async function sweepUntilEnd(server: Running, connection: Deno.Conn, query: string) {
  let ended = false;
  const text = readUntil(connection).finally(() => ended = true);
  while (!ended) {
    await server.get(`/sweep?${query}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  equal(await text, "");
}

Deno.test("each listener has its own limit of connections of a user", async () => {
  await using server = await startServer({
    limits: [{ all: 100, perUid: 2 }, { all: 100, perUid: 3 }, MANY],
  });
  for (const [index, limit] of [[0, 2], [1, 3]] as const) {
    const open: Deno.UnixConn[] = [];
    for (let count = 0; count < limit; count++) open.push(await openAnswered(server, index));
    using beyond = await connect(server.socket(index));
    equal(await readUntil(beyond), "");
    deepEqual(await server.get("/refused", 2), { uid, reason: "uid", count: 1 });
    equal(await server.get("/refused", 2), null);
    open.forEach((connection) => connection.close());
    // There is room when the server has seen the ends.
    for (let answer = ""; answer === "";) {
      using next = await connect(server.socket(index));
      await write(next, `GET /adopted ${KEEP_ALIVE}`).catch(() => {});
      answer = await readUntil(next, "\r\n\r\n").catch(() => "");
    }
    await server.get("/refused", 2);
  }
});

Deno.test("a listener has a limit of connections of all users", async () => {
  await using server = await startServer({ limits: [{ all: 1, perUid: 9 }, MANY] });
  using first = await openAnswered(server);
  using beyond = await connect(server.socket());
  equal(await readUntil(beyond), "");
  await write(first, `GET /adopted ${KEEP_ALIVE}`);
  match(await readUntil(first, "\r\n\r\n"), /^HTTP\/1.1 200/);
  deepEqual(await server.get("/refused", 1), { uid, reason: "listener", count: 1 });
});

Deno.test("a limit of zero refuses everybody", async () => {
  await using server = await startServer({ limits: [{ all: 9, perUid: 0 }, MANY] });
  using caller = await connect(server.socket());
  equal(await readUntil(caller), "");
  deepEqual(await server.get("/refused", 1), { uid, reason: "uid", count: 1 });
});

Deno.test("a caller turned away who had written is told by a reset", async () => {
  await using server = await startServer({ limits: [{ all: 9, perUid: 1 }, MANY] });
  using first = await openAnswered(server);
  ok(first);
  for (let call = 0; call < 20; call++) {
    using caller = await connect(server.socket());
    // Written before the server has accepted, or refused with EPIPE afterwards.
    const written = await write(caller, `GET /adopted ${KEEP_ALIVE}`).then(
      () => "written",
      (error) => error instanceof Deno.errors.BrokenPipe ? "refused" : String(error),
    );
    const read = await readUntil(caller).catch((error) =>
      error instanceof Deno.errors.ConnectionReset ? "reset" : String(error)
    );
    ok(written === "written" ? read === "reset" : written === "refused", `${written} ${read}`);
  }
});

Deno.test("a head that never ends is shut although it goes on dripping", async () => {
  await using server = await startServer({ limits: [MANY, MANY] });
  using dripping = await connect(server.socket());
  await write(dripping, "GET /adopted HTTP/1.1\r\nX: ");
  const timer = setInterval(() => write(dripping, "x").catch(() => clearInterval(timer)), 10);
  await sweepUntilEnd(server, dripping, "idle=9&head=0.3");
  clearInterval(timer);
});

Deno.test("a silent caller and an idle connection are shut", async () => {
  await using server = await startServer({ limits: [MANY] });
  using silent = await connect(server.socket());
  await sweepUntilEnd(server, silent, "idle=9&head=0.2");
  using idle = await openAnswered(server);
  await sweepUntilEnd(server, idle, "idle=0.2&head=9");
});

Deno.test("a connection with a request in its handler is never shut", async () => {
  await using server = await startServer();
  using busy = await connect(server.socket());
  await write(busy, `GET /hold ${KEEP_ALIVE}`);
  while (await server.get("/held") !== 1) continue;
  for (let sweep = 0; sweep < 10; sweep++) {
    await server.get("/sweep?idle=0&head=0.05");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await server.get("/release");
  match(await readUntil(busy, "released"), /^HTTP\/1.1 200/);
});
