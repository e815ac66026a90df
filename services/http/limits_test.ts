// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { startDaemon } from "./testing/fixture.ts";
import { exchange, get, post, RawClient } from "./testing/raw_client.ts";

const V = "?api-version=2021-05-01";
/** Deadlines of 5, 30 and 60 s become 0.5, 3 and 6 s; a busy machine has its requests out before. */
const FAST = { AZIOT_DEV_TIME_SCALE: "0.02,0.1" };

Deno.test("a body that is withheld or dripped is a 408, and the connection ends", async () => {
  await using daemon = await startDaemon({ env: FAST });
  const heads = [
    `POST /echo/x${V} HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\n`,
    `POST /echo/x${V} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`,
    `PUT /echo/x${V} HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\n{`,
    `DELETE /echo/x${V} HTTP/1.1\r\nContent-Length: 30\r\n\r\n{`,
  ];
  for (const head of heads) {
    using client = await RawClient.connect(daemon.socket);
    const start = performance.now();
    await client.send(head);
    const answer = await client.answer();
    assert.ok(performance.now() - start >= 500 - 1, "not before its time");
    assert.equal(answer.status, 408);
    assert.match(answer.head, /\r\nconnection: close\r\n/);
    assert.equal(answer.body, '{"message":"deadline has elapsed"}');
    assert.equal(await client.rest(), "");
  }
  using dripping = await RawClient.connect(daemon.socket);
  await dripping.send(heads[0] ?? "");
  const drip = setInterval(() => dripping.send("x").catch(() => clearInterval(drip)), 20);
  try {
    assert.equal((await dripping.answer()).status, 408);
    await dripping.rest();
  } finally {
    clearInterval(drip);
  }
});

Deno.test("a body in two pieces with time between is taken", async () => {
  await using daemon = await startDaemon();
  using client = await RawClient.connect(daemon.socket);
  const sent = post(`/echo/x${V}`, '{"text":"abc"}');
  await client.send(sent.slice(0, -5));
  await daemon.logged("POST /echo/x");
  await client.send(sent.slice(-5));
  assert.equal((await client.answer()).body, '{"length":3}');
});

Deno.test("a silent connection, an unfinished head and an idle connection are closed without a byte", async () => {
  await using daemon = await startDaemon({ env: FAST });
  using silent = await RawClient.connect(daemon.socket);
  using half = await RawClient.connect(daemon.socket);
  await half.send(`GET /echo/x${V} HTTP/1.1\r\nHo`);
  using dripping = await RawClient.connect(daemon.socket);
  await dripping.send(`GET /echo/x${V} HTTP/1.1\r\nA: `);
  const drip = setInterval(() => dripping.send("x").catch(() => clearInterval(drip)), 50);
  using idle = await RawClient.connect(daemon.socket);
  await idle.send(get(`/echo/x${V}`));
  await idle.answer();
  using held = await RawClient.connect(daemon.socket);
  await held.send(get(`/hold${V}`));
  await daemon.logged("GET /hold");
  try {
    for (const client of [silent, half, dripping, idle]) assert.equal(await client.rest(), "");
  } finally {
    clearInterval(drip);
  }
  // The one with a request in a handler outlives them all.
  assert.equal((await exchange(daemon.socket, post(`/release${V}`, "{}"))).status, 204);
  assert.equal((await held.answer()).body, '"released"');
});

Deno.test("a stream that is silent for longer than an idle connection may be goes on", async () => {
  await using daemon = await startDaemon({ env: FAST });
  using streaming = await RawClient.connect(daemon.socket);
  await streaming.send(get(`/stream${V}`));
  await streaming.until("first");
  using idle = await RawClient.connect(daemon.socket);
  await idle.send(get(`/echo/x${V}`));
  await idle.answer();
  assert.equal(await idle.rest(), "", "the deadline of idle connections has gone by");
  await exchange(daemon.socket, post(`/release${V}`, "{}"));
  await streaming.until("last");
});

Deno.test("a stream that ends its connection is sent to its end first", async () => {
  await using daemon = await startDaemon();
  using streaming = await RawClient.connect(daemon.socket);
  await streaming.send(get(`/stream${V}`).replace("Host: x", "Content-Length: 2") + "ab");
  await streaming.until("first");
  await exchange(daemon.socket, post(`/release${V}`, "{}"));
  const received = await streaming.rest();
  assert.match(received, /\r\nconnection: close\r\n[^]*first[^]*last[^]*\r\n0\r\n\r\n$/);
});

Deno.test("more connections of a user than allowed are closed without a byte, others are served", async () => {
  await using daemon = await startDaemon({
    settings: (dir) => ({ sockets: [{ endpoint: `unix://${dir}/s` }], maxConnections: 3 }),
    env: { AZIOT_DEV_TIME_SCALE: "0.2,1" },
  });
  using silent = await RawClient.connect(daemon.socket);
  using idle = await RawClient.connect(daemon.socket);
  await idle.send(get(`/echo/x${V}`));
  await idle.answer();
  using held = await RawClient.connect(daemon.socket);
  await held.send(get(`/hold${V}`));
  await daemon.logged("GET /hold");
  for (let count = 0; count < 5; count++) {
    using more = await RawClient.connect(daemon.socket);
    let refusal: unknown;
    try {
      await more.send(get(`/echo/x${V}`));
    } catch (error) {
      refusal = error;
    }
    assert.equal(await more.rest(), "");
    // Either the request was written before the close, or it could not be any more.
    if (refusal === undefined) assert.ok(more.failure instanceof Deno.errors.ConnectionReset);
    else assert.ok(refusal instanceof Deno.errors.BrokenPipe);
  }
  await daemon.logged(`Max simultaneous connections reached for user ${Deno.uid()}`);
  // Those within the limit are served on.
  await idle.send(post(`/release${V}`, "{}"));
  assert.equal((await idle.answer()).status, 204);
  assert.equal((await held.answer()).body, '"released"');

  silent[Symbol.dispose]();
  // The slot is free when the daemon has seen the end.
  for (let status = 0; status !== 200;) {
    using again = await RawClient.connect(daemon.socket);
    await again.send(get(`/echo/x${V}`)).catch(() => {});
    status = await again.answer().then((answer) => answer.status, () => 0);
  }
});

Deno.test("with a limit of 0 everybody is refused, and the log says so at most once in a while", async () => {
  await using daemon = await startDaemon({
    settings: (dir) => ({ sockets: [{ endpoint: `unix://${dir}/s` }], maxConnections: 0 }),
    env: FAST,
  });
  for (let count = 0; count < 20; count++) {
    using client = await RawClient.connect(daemon.socket);
    assert.equal(await client.rest(), "");
  }
  await daemon.logged("Max simultaneous connections reached for user");
  const [line] = daemon.log().filter((text) => text.includes("Max simultaneous"));
  assert.match(
    line ?? "",
    /^<6>\[INFO\] - Max simultaneous connections reached for user \d+( \(\d+ connections\))?$/,
  );
});

Deno.test("the limit holds for each socket by itself", async () => {
  await using daemon = await startDaemon({
    passed: { one: "a", two: "b" },
    settings: (dir) => ({
      maxConnections: 1,
      sockets: ["one", "two"].map((fdName) => ({ endpoint: `unix://${dir}/x`, fdName })),
    }),
  });
  using first = await RawClient.connect(`${daemon.dir}/a`);
  await first.send(get(`/echo/x${V}`));
  await first.answer();
  using second = await RawClient.connect(`${daemon.dir}/b`);
  await second.send(get(`/echo/x${V}`));
  assert.equal((await second.answer()).status, 200);
  using third = await RawClient.connect(`${daemon.dir}/a`);
  assert.equal(await third.rest(), "");
});
