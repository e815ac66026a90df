// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { startDaemon } from "./testing/fixture.ts";
import { exchange, get, post, RawClient } from "./testing/raw_client.ts";

const V = "?api-version=2021-05-01";
const JSON_HEAD = (status: string, length: number, more = "") =>
  `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\n${more}content-length: ${length}\r\n` +
  "date: <date>\r\n\r\n";

Deno.test("answers are exactly what callers in the field expect", async () => {
  await using daemon = await startDaemon();
  const rows: [name: string, sent: string | Uint8Array, head: string, body?: string][] = [
    ["with Host", get(`/echo/a%2Fb${V}`), JSON_HEAD("200 OK", 7), '["a/b"]'],
    ["without Host", `GET /echo/x${V} HTTP/1.1\r\n\r\n`, JSON_HEAD("200 OK", 5)],
    ["with an empty Host", `GET /echo/x${V} HTTP/1.1\r\nHost:\r\n\r\n`, JSON_HEAD("200 OK", 5)],
    ["lower-case method", `get /echo/x${V} HTTP/1.1\r\n\r\n`, JSON_HEAD("400 Bad Request", 32)],
    [
      "absolute form",
      `GET http://u:p@other:99/echo/y${V} HTTP/1.1\r\nHost: x\r\n\r\n`,
      JSON_HEAD("200 OK", 5),
      '["y"]',
    ],
    ["a fragment", `GET /echo/x${V}#frag HTTP/1.1\r\n\r\n`, JSON_HEAD("200 OK", 5)],
    [
      "another scheme",
      `GET ftp://h/echo/x${V} HTTP/1.1\r\n\r\n`,
      JSON_HEAD("400 Bad Request", 51),
    ],
    [
      "CONNECT",
      "CONNECT a:80 HTTP/1.1\r\n\r\n",
      JSON_HEAD("400 Bad Request", 39),
      '{"message":"api-version not specified"}',
    ],
    ["OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", JSON_HEAD("400 Bad Request", 39)],
    ["LF line ends", `GET /echo/x${V} HTTP/1.1\nHost: x\n\n`, JSON_HEAD("200 OK", 5)],
    ["leading CRLFs", `\r\n\r\n${get(`/echo/x${V}`)}`, JSON_HEAD("200 OK", 5)],
    [
      "bytes above 0x7f in a header",
      new Uint8Array([...new TextEncoder().encode(`GET /echo/x${V} HTTP/1.1\r\nA: `), 0xff, 0xe9]
        .concat([...new TextEncoder().encode("\r\n\r\n")])),
      JSON_HEAD("200 OK", 5),
    ],
    ["raw UTF-8", get(`/echo/é${V}`), JSON_HEAD("200 OK", 6), '["Ã©"]'],
    [
      "raw quote, brackets, backslash",
      get(`/echo/a"<>{}|^\`b\\c${V}`),
      JSON_HEAD("200 OK", 18),
      '["a\\"<>{}|^`b\\\\c"]',
    ],
    ["dots are names", get(`/echo/..${V}`), JSON_HEAD("200 OK", 6), '[".."]'],
    [
      "Upgrade is ignored",
      `GET /echo/x${V} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n`,
      JSON_HEAD("200 OK", 5),
    ],
    [
      "other Expect",
      post(`/echo/x${V}`, '{"text":"a"}').replace("Host: x", "Expect: 200-ok"),
      JSON_HEAD("200 OK", 12),
    ],
    [
      "two equal lengths",
      post(`/echo/x${V}`, '{"text":"a"}').replace("Host: x", "Content-Length: 12"),
      JSON_HEAD("200 OK", 12),
    ],
    [
      "chunks, an extension and a trailer",
      `POST /echo/x${V} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n` +
      '5;a=b\r\n{"tex\r\n7\r\nt":"a"}\r\n0\r\nX: y\r\n\r\n',
      JSON_HEAD("200 OK", 12),
      '{"length":1}',
    ],
    [
      "gzip, chunked is not decoded",
      `POST /echo/x${V} HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\nC\r\n{"text":"a"}\r\n0\r\n\r\n`,
      JSON_HEAD("200 OK", 12),
    ],
    [
      "no body",
      `POST /echo/x${V} HTTP/1.1\r\nHost: x\r\n\r\n`,
      JSON_HEAD("400 Bad Request", 34),
      '{"message":"missing request body"}',
    ],
    ["an empty body", post(`/echo/x${V}`, ""), JSON_HEAD("400 Bad Request", 34)],
    [
      "204",
      `DELETE /echo/x${V} HTTP/1.1\r\nHost: x\r\n\r\n`,
      "HTTP/1.1 204 No Content\r\ndate: <date>\r\n\r\n",
      "",
    ],
    [
      "204 without Host",
      `DELETE /echo/x${V} HTTP/1.1\r\n\r\n`,
      "HTTP/1.1 204 No Content\r\nconnection: close\r\ndate: <date>\r\n\r\n",
      "",
    ],
    [
      "GET with a body",
      `GET /echo/x${V} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab`,
      JSON_HEAD("200 OK", 5, "connection: close\r\n"),
    ],
    [
      "a Host that would move the path",
      `GET /x HTTP/1.1\r\nHost: x/echo/y${V}#\r\n\r\n`,
      JSON_HEAD("400 Bad Request", 51),
      '{"message":"invalid Host header or request target"}',
    ],
    [
      "two content types",
      post(`/echo/x${V}`, '{"text":"a"}').replace("Host: x", "Content-Type: application/json"),
      JSON_HEAD("400 Bad Request", 34),
    ],
    [
      "an unknown path with a body",
      post(`/none${V}`, "{}"),
      JSON_HEAD("404 Not Found", 23, "connection: close\r\n"),
    ],
  ];
  for (const [name, sent, head, body] of rows) {
    const answer = await exchange(daemon.socket, sent);
    assert.equal(answer.head, head, name);
    if (body !== undefined) assert.equal(answer.body, body, name);
  }
});

Deno.test("what is not HTTP is answered by the parser, with an empty body, and the connection ends", async () => {
  await using daemon = await startDaemon();
  const body = '{"text":"a"}';
  const rows: [name: string, sent: string | Uint8Array][] = [
    ["HTTP/2.0 by number", `GET /echo/x${V} HTTP/2.0\r\n\r\n`],
    ["HTTP/0.9", "GET /echo/x\r\n\r\n"],
    ["HTTP/1.9", `GET /echo/x${V} HTTP/1.9\r\n\r\n`],
    ["two Hosts", `GET /echo/x${V} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n`],
    ["obs-fold", `GET /echo/x${V} HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n`],
    ["space before the colon", `GET /echo/x${V} HTTP/1.1\r\nHost : x\r\n\r\n`],
    ["no colon", `GET /echo/x${V} HTTP/1.1\r\nfoo\r\n\r\n`],
    ["NUL in a header", `GET /echo/x${V} HTTP/1.1\r\nA: b\0c\r\n\r\n`],
    ["space in the target", `GET /echo/a b${V} HTTP/1.1\r\n\r\n`],
    ["DEL in the target", `GET /echo/a\x7fb${V} HTTP/1.1\r\n\r\n`],
    ["control in the target", `GET /echo/a\x01b${V} HTTP/1.1\r\n\r\n`],
    ["no slash", `GET echo/x${V} HTTP/1.1\r\n\r\n`],
    ["no UTF-8", Uint8Array.from(`GET /echo/\xff${V} HTTP/1.1\r\n\r\n`, (c) => c.charCodeAt(0))],
    ["no method", ` /echo/x${V} HTTP/1.1\r\n\r\n`],
    ["a bad method", `GE(T /echo/x${V} HTTP/1.1\r\n\r\n`],
    ["lengths that differ", post(`/echo/x${V}`, body).replace("Host: x", "Content-Length: 3")],
    ["a list of lengths", post(`/echo/x${V}`, body).replace("h: 12", "h: 12, 12")],
    ["a length with a sign", post(`/echo/x${V}`, body).replace("h: 12", "h: +12")],
    ["a negative length", post(`/echo/x${V}`, body).replace("h: 12", "h: -1")],
    ["a length of 2^64", post(`/echo/x${V}`, body).replace("h: 12", "h: 18446744073709551616")],
    [
      "length and chunks",
      post(`/echo/x${V}`, body).replace("Host: x", "Transfer-Encoding: chunked"),
    ],
    [
      "identity",
      post(`/echo/x${V}`, body).replace("Content-Length: 12", "Transfer-Encoding: identity"),
    ],
    [
      "chunked, gzip",
      post(`/echo/x${V}`, body).replace("Content-Length: 12", "Transfer-Encoding: chunked, gzip"),
    ],
    [
      "chunks in HTTP/1.0",
      post(`/echo/x${V}`, body).replace("1.1", "1.0").replace(
        "Content-Length: 12",
        "Transfer-Encoding: chunked",
      ),
    ],
    [
      "129 headers",
      `GET /echo/x${V} HTTP/1.1\r\n${
        Array.from({ length: 129 }, (_, i) => `H${i}: v\r\n`).join("")
      }\r\n`,
    ],
    ["a head of 70 kB", `GET /echo/x${V} HTTP/1.1\r\nA: ${"a".repeat(70_000)}\r\n\r\n`],
  ];
  for (const [name, sent] of rows) {
    using client = await RawClient.connect(daemon.socket);
    try {
      await client.send(sent);
    } catch {
      // It may be closed before the last byte of a head that is too long is written.
    }
    const answer = await client.answer();
    assert.equal(
      answer.head.split("\r\n").sort().join("\n").trim(),
      "HTTP/1.1 400 Bad Request\nconnection: close\ncontent-length: 0\ndate: <date>",
      name,
    );
    assert.equal(await client.rest(), "", name);
  }
  // Up to the limits.
  const many = Array.from({ length: 127 }, (_, i) => `H${i}: v\r\n`).join("");
  assert.equal(
    (await exchange(daemon.socket, `GET /echo/x${V} HTTP/1.1\r\n${many}\r\n`)).status,
    200,
  );
  const long = `GET /echo/x${V} HTTP/1.1\r\nA: ${"a".repeat(20_000)}\r\n\r\n`;
  assert.equal((await exchange(daemon.socket, long)).status, 200);
});

Deno.test("a client that reads just once gets a whole head, with its length and exact type", async () => {
  await using daemon = await startDaemon();
  const rows = [
    get(`/echo/x${V}`),
    post(`/echo/x${V}`, '{"text":"a"}'),
    get(`/fail${V}`),
    post(`/fail${V}`, "{}"),
    post(`/none${V}`, "{}"),
    get(`/size/1000${V}`),
    get("/echo/x"),
  ];
  for (const sent of rows) {
    using client = await RawClient.connect(daemon.socket);
    await client.send(sent);
    const got = await client.readOnce(512);
    const head = got.slice(0, got.indexOf("\r\n\r\n") + 4);
    assert.ok(head.length > 4 && head.length < 512, got);
    assert.match(head, /\r\ncontent-type: application\/json\r\n/);
    assert.match(head, /\r\ncontent-length: \d+\r\n/);
    assert.ok(head.split("\r\n").length - 3 <= 16, "at most 16 headers");
  }
});

Deno.test("a connection serves one request after another, also when they come at once", async () => {
  await using daemon = await startDaemon();
  using client = await RawClient.connect(daemon.socket);
  for (let count = 0; count < 500; count++) {
    await client.send(get(`/echo/${count}${V}`));
    assert.equal((await client.answer()).body, `["${count}"]`);
  }
  const pipelined = Array.from(
    { length: 30 },
    (_, i) =>
      i % 3 === 2 ? post(`/echo/x${V}`, `{"text":"${"a".repeat(i)}"}`) : get(`/echo/${i}${V}`),
  );
  await client.send(pipelined.join(""));
  for (let i = 0; i < pipelined.length; i++) {
    assert.equal((await client.answer()).body, i % 3 === 2 ? `{"length":${i}}` : `["${i}"]`);
  }
});

Deno.test("HTTP/1.0 and Connection: close are honoured", async () => {
  await using daemon = await startDaemon();
  const rows: [sent: string, first: string, closes: boolean][] = [
    [`GET /echo/x${V} HTTP/1.0\r\n\r\n`, "HTTP/1.0 200 OK", true],
    [`GET /echo/x${V} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n`, "HTTP/1.0 200 OK", false],
    [`GET /echo/x${V} HTTP/1.1\r\nConnection: close\r\n\r\n`, "HTTP/1.1 200 OK", true],
    [`GET /echo/x${V} HTTP/1.1\r\nConnection: keep-alive\r\n\r\n`, "HTTP/1.1 200 OK", false],
  ];
  for (const [sent, first, closes] of rows) {
    using client = await RawClient.connect(daemon.socket);
    await client.send(sent);
    const { head } = await client.answer();
    assert.equal(head.split("\r\n")[0], first);
    if (closes) assert.equal(await client.rest(), "");
    else {
      await client.send(sent);
      assert.equal((await client.answer()).status, 200);
    }
  }
});

Deno.test("HEAD has the head of the answer that GET's error would have, and no body", async () => {
  await using daemon = await startDaemon();
  using client = await RawClient.connect(daemon.socket);
  await client.send(get(`/echo/x${V}`).replace("GET", "HEAD"));
  const { head } = await client.answer({ hasBody: false });
  assert.equal(head, JSON_HEAD("400 Bad Request", 32));
  await client.send(get(`/echo/x${V}`));
  assert.equal((await client.answer()).body, '["x"]');
});
