// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { startDaemon } from "./testing/fixture.ts";
import { exchange, get, post, RawClient } from "./testing/raw_client.ts";

const V = "?api-version=2021-05-01";

Deno.test("100 Continue is sent at once, and the body is taken then", async () => {
  await using daemon = await startDaemon();
  using client = await RawClient.connect(daemon.socket);
  const [head = "", body = ""] = post(`/echo/x${V}`, '{"text":"abc"}').split("\r\n\r\n");
  await client.send(`${head}\r\nExpect: 100-continue\r\n\r\n`);
  assert.equal((await client.answer()).head, "HTTP/1.1 100 Continue\r\n\r\n");
  await client.send(body);
  assert.equal((await client.answer()).body, '{"length":3}');
});

Deno.test("an answer that ends the connection arrives whole, and nothing is served after it", async () => {
  await using daemon = await startDaemon();
  const closing: [sent: string, status: number][] = [
    [`DELETE /echo/x${V} HTTP/1.1\r\n\r\n`, 204],
    [post(`/none${V}`, "{}"), 404],
    [`POST /none${V} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc`, 404],
    [`POST /none${V} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`, 404],
    [`GET /size/3000000${V} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab`, 200],
    [`PATCH /echo/x${V} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab`, 400],
    [`POST /echo/x${V} HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n`, 413],
    [`POST /large${V} HTTP/1.1\r\nHost: x\r\nContent-Length: 4194305\r\n\r\n`, 413],
    [
      `PUT /echo/x${V} HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}`,
      415,
    ],
  ];
  for (const [sent, status] of closing) {
    using client = await RawClient.connect(daemon.socket);
    await client.send(sent);
    const answer = await client.answer();
    assert.equal(answer.status, status, sent);
    assert.match(answer.head, /\r\nconnection: close\r\n/);
    if (status === 200) assert.equal(answer.body.length, 3_000_002);
    assert.equal(await client.rest(), "", sent);
  }
});

Deno.test("bodies are taken up to the limit of their action and refused beyond, however they come", async () => {
  await using daemon = await startDaemon();
  const MIB = 1024 * 1024;
  const body = (length: number) => `{"text":"${"a".repeat(length - 11)}"}`;
  const inChunks = (target: string, length: number) => {
    const text = body(length);
    const size = 60_000;
    const chunks = Array.from({ length: Math.ceil(length / size) }, (_, i) => {
      const part = text.slice(i * size, (i + 1) * size);
      return `${part.length.toString(16)}\r\n${part}\r\n`;
    });
    return `POST ${target} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${
      chunks.join("")
    }0\r\n\r\n`;
  };
  const rows: [path: string, length: number, status: number][] = [
    ["/echo/x", MIB, 200],
    ["/echo/x", MIB + 1, 413],
    ["/large", MIB + 1, 200],
    ["/large", 4 * MIB, 200],
    ["/large", 4 * MIB + 1, 413],
  ];
  for (const [path, length, status] of rows) {
    for (const sent of [post(path + V, body(length)), inChunks(path + V, length)]) {
      using client = await RawClient.connect(daemon.socket);
      try {
        await client.send(sent);
      } catch {
        // Shut while the rest of the body was on its way.
      }
      const answer = await client.answer();
      assert.equal(answer.status, status, `${path} ${length}`);
      if (status === 200) assert.equal(answer.body, `{"length":${length - 11}}`);
      else assert.equal(answer.body, '{"message":"request body too large"}');
    }
  }
});

Deno.test("large bodies sent at once do not exhaust the heap, and small requests pass them", async () => {
  await using daemon = await startDaemon();
  const text = `{"text":"${"a".repeat(4_000_000)}"}`;
  const large = Array.from({ length: 8 }, () => exchange(daemon.socket, post(`/large${V}`, text)));
  for (let count = 0; count < 20; count++) {
    assert.equal((await exchange(daemon.socket, get(`/echo/x${V}`))).status, 200);
  }
  for (const { status, body } of await Promise.all(large)) {
    assert.deepEqual([status, body], [200, '{"length":4000000}']);
  }
});

Deno.test("a body that breaks off is a 400 where the caller still listens; a bad chunk ends it", async () => {
  await using daemon = await startDaemon();
  using half = await RawClient.connect(daemon.socket);
  await half.send(`POST /echo/x${V} HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{"te`);
  await half.halfClose();
  // The platform takes a half-closed caller for gone: an answer, or none, but an end.
  const rest = await half.rest();
  if (rest !== "") assert.match(rest, /^HTTP\/1\.1 400 /);

  using bad = await RawClient.connect(daemon.socket);
  await bad.send(
    `POST /echo/x${V} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n`,
  );
  await bad.rest();
  assert.equal((await exchange(daemon.socket, get(`/echo/x${V}`))).status, 200);
});
