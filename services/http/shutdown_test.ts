// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { startDaemon } from "./testing/fixture.ts";
import { exchange, get, post, RawClient } from "./testing/raw_client.ts";

const V = "?api-version=2021-05-01";

Deno.test("SIGTERM ends idle connections at once, and the exit code is 0", async () => {
  await using daemon = await startDaemon();
  using silent = await RawClient.connect(daemon.socket);
  using idle = await RawClient.connect(daemon.socket);
  await idle.send(get(`/echo/x${V}`));
  await idle.answer();
  using half = await RawClient.connect(daemon.socket);
  await half.send("GET /echo/x HTTP/1.1\r\nHo");
  daemon.signal("SIGTERM");
  assert.equal(await idle.rest(), "");
  assert.equal(await silent.rest(), "");
  assert.equal(await half.rest(), "");
  assert.equal(await daemon.ended(), 0);
  assert.ok((await Deno.stat(daemon.socket)).isSocket, "the passed socket's file stays");
});

Deno.test("SIGINT does the same", async () => {
  await using daemon = await startDaemon();
  daemon.signal("SIGINT");
  assert.equal(await daemon.ended(), 0);
});

Deno.test("a request that is being worked on when SIGTERM comes gets its whole answer", async () => {
  await using daemon = await startDaemon();
  using held = await RawClient.connect(daemon.socket);
  using streaming = await RawClient.connect(daemon.socket);
  using releasing = await RawClient.connect(daemon.socket);
  await held.send(get(`/hold${V}`));
  await streaming.send(get(`/stream${V}`));
  await streaming.until("first");
  // A request in progress keeps its connection; its rest comes after the signal.
  const [head = "", rest = ""] = post(`/release${V}`, "{}").split("\r\n\r\n");
  await releasing.send(`${head}\r\n\r\n`);
  await daemon.logged("POST /release");
  daemon.signal("SIGTERM");
  await daemon.logged("Received SIGTERM");
  await releasing.send(rest);
  assert.equal((await releasing.answer()).status, 204);
  assert.equal((await held.answer()).body, '"released"');
  assert.match(await streaming.rest(), /first[^]*last[^]*\r\n0\r\n\r\n$/);
  assert.equal(await daemon.ended(), 0);
});

Deno.test("what does not end within the deadline is cut, and the exit code is 0", async () => {
  await using daemon = await startDaemon({ env: { AZIOT_DEV_TIME_SCALE: "0.1" } });
  using held = await RawClient.connect(daemon.socket);
  using streaming = await RawClient.connect(daemon.socket);
  await held.send(get(`/hold${V}`));
  await daemon.logged("GET /hold");
  await streaming.send(get(`/stream${V}`));
  await streaming.until("first");
  daemon.signal("SIGTERM");
  assert.equal(await daemon.ended(), 0);
  assert.equal(await held.rest(), "");
  assert.doesNotMatch(await streaming.rest(), /last/);
});

Deno.test("SIGTERM while starting ends the start", async () => {
  await using daemon = await startDaemon({ early: true });
  await daemon.logged("Starting service...");
  daemon.signal("SIGTERM");
  assert.equal(await daemon.ended(), 0);
});

Deno.test("SIGHUP reloads and nothing else happens", async () => {
  await using daemon = await startDaemon();
  for (let count = 0; count < 3; count++) daemon.signal("SIGHUP");
  await daemon.logged("reloaded");
  assert.equal((await exchange(daemon.socket, get(`/echo/x${V}`))).status, 200);
});

Deno.test("under load SIGTERM ends no connection between a request and its complete answer", async () => {
  await using daemon = await startDaemon();
  let answered = 0;
  const enough = Promise.withResolvers<void>();
  const worker = async () => {
    using client = await RawClient.connect(daemon.socket);
    for (;;) {
      try {
        await client.send(get(`/size/3000${V}`));
        assert.equal((await client.answer()).body.length, 3002);
      } catch {
        // Nothing of an answer: the request was not read. A part of one would be a broken promise.
        assert.equal(await client.rest(), "");
        return;
      }
      if (++answered === 200) enough.resolve();
    }
  };
  const workers = Array.from({ length: 6 }, worker);
  await enough.promise;
  daemon.signal("SIGTERM");
  assert.equal(await daemon.ended(), 0);
  await Promise.all(workers);
});

Deno.test("a stray rejection is logged and ends nothing, a stray exception ends with exit code 1", async () => {
  await using daemon = await startDaemon();
  await exchange(daemon.socket, post(`/stray/rejection${V}`, "{}"));
  await daemon.logged("<3>");
  assert.ok(daemon.log().includes("<3>[ERR!] - unexpected error: stray: a reason"));
  assert.equal((await exchange(daemon.socket, get(`/echo/x${V}`))).status, 200);

  await exchange(daemon.socket, post(`/stray/exception${V}`, "{}"));
  assert.equal(await daemon.ended(), 1);
  assert.equal(daemon.log().at(-1), "<3>[ERR!] - unexpected error: stray: a reason");
});
