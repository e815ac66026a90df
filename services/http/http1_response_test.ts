// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import fc from "fast-check";
import { ByteReader } from "./byte_reader.ts";
import { type Answer, readAnswer, type Received } from "./http1_response.ts";
import { BrokenError, type Ending, scripted } from "./testing/scripted_transport.ts";

const LIMITS = { method: "GET", maxBody: 100 };

function receive(text: string, ending?: Ending, limits = LIMITS): Promise<Received> {
  return readAnswer(new ByteReader(scripted([text], ending)), limits);
}

async function read(text: string, ending?: Ending, limits = LIMITS): Promise<Answer> {
  return (await receive(text, ending, limits)).answer;
}

function textOf(answer: Answer): string {
  return new TextDecoder().decode(answer.body);
}

/** The answer is refused, and the message says so. */
async function refused(text: string, message: RegExp, ending?: Ending, limits = LIMITS) {
  await assert.rejects(read(text, ending, limits), (error) => {
    assert.ok(error instanceof BrokenError);
    assert.match(error.message, message);
    return true;
  });
}

Deno.test("a counted body ends where its length says", async () => {
  const answer = await read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Two: a b \r\n\r\nhellomore");
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("x-two"), "a b");
  assert.equal(textOf(answer), "hello");
});

Deno.test("a counted body needs no goodbye of the peer", async () => {
  assert.equal(textOf(await read("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi", "cut")), "hi");
});

Deno.test("a chunked body is put together, its extensions and trailers dropped", async () => {
  const answer = await read(
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n" +
      '3;a=b\r\nabc\r\n0A ;x="y"\r\n0123456789\r\n000\r\nTrailer: dropped\r\nother: 1\r\n\r\n',
    "cut",
  );
  assert.equal(textOf(answer), "abc0123456789");
  assert.equal(answer.headers.get("trailer"), null);
});

Deno.test("a body without length lasts until the peer's goodbye", async () => {
  assert.equal(textOf(await read("HTTP/1.0 200 OK\r\n\r\nall of it")), "all of it");
});

Deno.test("a body without length that is cut off is refused", async () => {
  await refused("HTTP/1.1 200 OK\r\n\r\nhalf of", /^cut$/, "cut");
});

Deno.test("interim answers are skipped, but not without end", async () => {
  const interim = "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n";
  const final = "HTTP/1.1 204 No Content\r\n\r\n";
  assert.equal((await read(`HTTP/1.1 100 Continue\r\n\r\n${interim}${final}`)).status, 204);
  await refused(`${interim.repeat(9)}${final}`, /too many interim/);
  await refused("HTTP/1.1 101 Switching Protocols\r\n\r\n", /switches to a protocol/);
});

Deno.test("204, 304 and the answer to HEAD have no body whatever they announce", async () => {
  for (const status of [204, 304]) {
    const answer = await read(`HTTP/1.1 ${status} X\r\ncontent-length: 50\r\n\r\n`, "cut");
    assert.equal(answer.body.length, 0);
  }
  const head = { method: "HEAD", maxBody: 1 };
  assert.equal(
    (await read("HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n", "cut", head)).status,
    200,
  );
});

Deno.test("heads with bare line feeds, without reason phrase or with equal lengths are read", async () => {
  assert.equal(textOf(await read("HTTP/1.1 200\ncontent-length: 1\n\nx")), "x");
  assert.equal((await read("HTTP/1.1 599 \r\ncontent-length:0\r\n\r\n")).status, 599);
  const twice = "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\nx";
  assert.equal(textOf(await read(twice)), "x");
});

Deno.test("header values keep bytes beyond ASCII, one character each", async () => {
  const answer = await read(
    "HTTP/1.1 200 caf\xe9\r\nx: \xe9\tb\r\nx: c\r\ncontent-length: 0\r\n\r\n",
  );
  assert.equal(answer.headers.get("x"), "\xe9\tb, c");
});

const MALFORMED: [name: string, text: string, message: RegExp][] = [
  ["nothing", "", /ends too early/],
  ["half a head", "HTTP/1.1 200 OK\r\ncontent-", /ends too early/],
  ["HTTP/2", "HTTP/2 200\r\n\r\n", /not HTTP\/1.1/],
  ["another protocol", "SSH-2.0-OpenSSH\r\n\r\n", /not HTTP\/1.1/],
  ["an unknown minor version", "HTTP/1.2 200 OK\r\n\r\n", /not HTTP\/1.1/],
  ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n", /not HTTP\/1.1/],
  ["a status below 100", "HTTP/1.1 099 OK\r\n\r\n", /not HTTP\/1.1/],
  ["two spaces before the status", "HTTP/1.1  200 OK\r\n\r\n", /not HTTP\/1.1/],
  ["a folded header", "HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n", /malformed header field/],
  ["a first line that is folded", "HTTP/1.1 200 OK\r\n a: b\r\n\r\n", /malformed header field/],
  ["a space before a colon", "HTTP/1.1 200 OK\r\ncontent-length : 0\r\n\r\n", /malformed header/],
  ["a header without colon", "HTTP/1.1 200 OK\r\nhello\r\n\r\n", /malformed header field/],
  ["a header without name", "HTTP/1.1 200 OK\r\n: x\r\n\r\n", /malformed header field/],
  ["a NUL in a header", "HTTP/1.1 200 OK\r\na: b\0c\r\n\r\n", /CR or NUL/],
  ["a bare CR in a header", "HTTP/1.1 200 OK\r\na: b\rc: d\r\n\r\n", /CR or NUL/],
  ["a control in a header", "HTTP/1.1 200 OK\r\na: b\x1bc\r\n\r\n", /control character in a/],
  ["length and chunks", chunked("0\r\n\r\n", "content-length: 3\r\n"), /both a length and/],
  ["gzip before chunks", heading("transfer-encoding: gzip, chunked\r\n"), /not supported/],
  ["chunks twice", chunked("0\r\n\r\n", "transfer-encoding: chunked\r\n"), /not supported/],
  ["chunks of HTTP/1.0", "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", /not supported/],
  ["an empty transfer encoding", heading("transfer-encoding:\r\n"), /not supported/],
  [
    "two lengths",
    heading("content-length: 1\r\ncontent-length: 2\r\n"),
    /no usable content-length/,
  ],
  ["a list of lengths", heading("content-length: 1, 2\r\n"), /no usable content-length/],
  ["a signed length", heading("content-length: +1\r\n"), /no usable content-length/],
  ["a negative length", heading("content-length: -1\r\n"), /no usable content-length/],
  ["a hexadecimal length", heading("content-length: 0x1\r\n"), /no usable content-length/],
  ["an empty length", heading("content-length:\r\n"), /no usable content-length/],
  ["a length of 20 digits", heading(`content-length: ${"1".repeat(20)}\r\n`), /no usable/],
  ["a short body", heading("content-length: 9\r\n", "short"), /middle of its body/],
  ["a chunk without size", chunked("\r\n\r\n"), /malformed chunk/],
  ["a chunk with a sign", chunked("+1\r\nx\r\n0\r\n\r\n"), /malformed chunk/],
  ["a chunk of 9 digits", chunked("000000001\r\nx\r\n0\r\n\r\n"), /malformed chunk/],
  ["a chunk in hexadecimal notation", chunked("0x1\r\nx\r\n0\r\n\r\n"), /malformed chunk/],
  ["a chunk longer than said", chunked("1\r\nxy\r\n0\r\n\r\n"), /malformed chunk/],
  ["a chunk line with a bare line feed", chunked("1\nx\r\n0\r\n\r\n"), /not end in CR LF/],
  ["a chunk end with a bare line feed", chunked("1\r\nx\n0\r\n\r\n"), /not end in CR LF/],
  ["no last chunk", chunked("1\r\nx\r\n"), /ends too early/],
  ["a cut chunk", chunked("5\r\nx"), /middle of its body/],
  ["a cut trailer", chunked("0\r\nx: y\r\n"), /ends too early/],
  ["a malformed trailer", chunked("0\r\nxy\r\n\r\n"), /malformed header field/],
];

function heading(headers: string, body = ""): string {
  return `HTTP/1.1 200 OK\r\n${headers}\r\n${body}`;
}

function chunked(body: string, headers = ""): string {
  return heading(`transfer-encoding: chunked\r\n${headers}`, body);
}

for (const [name, text, message] of MALFORMED) {
  Deno.test(`${name} is refused`, async () => {
    await refused(text, message);
  });
}

Deno.test("a body beyond the limit is refused however it is framed", async () => {
  const large = /body of more than 100 bytes/;
  const bytes = "x".repeat(101);
  // An announced length is refused before the first byte has come.
  await refused(heading("content-length: 101\r\n"), large, "cut");
  await refused(chunked("60\r\n" + "x".repeat(0x60) + "\r\n5\r\n"), large, "cut");
  await refused(chunked("ffffffff\r\n"), large, "cut");
  await refused(heading("", bytes), large, "cut");
  assert.equal((await read(heading("content-length: 100\r\n", bytes))).body.length, 100);
  assert.equal((await read(heading("", bytes.slice(1)))).body.length, 100);
});

Deno.test("a head, a trailer or a chunk line that is too large is refused", async () => {
  await refused(heading(`a: ${"x".repeat(70_000)}\r\n`), /a head that is too large/, "cut");
  await refused(heading("a: b\r\n".repeat(257)), /too many header fields/, "cut");
  await refused(chunked(`0\r\na: ${"x".repeat(70_000)}`), /a trailer that is too large/, "cut");
  await refused(chunked(`1;${"x".repeat(2000)}`), /a chunk head that is too large/, "cut");
  await refused("x".repeat(70_000), /a head that is too large/, "cut");
  const fits = heading(`a: ${"x".repeat(60_000)}\r\ncontent-length: 0\r\n`);
  assert.equal((await read(fits)).headers.get("a")?.length, 60_000);
});

const PERSISTENCE: [name: string, text: string, isPersistent: boolean][] = [
  ["a counted answer", heading("content-length: 1\r\n", "x"), true],
  ["a chunked answer", chunked("1\r\nx\r\n0\r\n\r\n"), true],
  ["an answer without body", "HTTP/1.1 204 X\r\nconnection: keep-alive\r\n\r\n", true],
  ["an answer up to the end", heading("", "x"), false],
  ["an answer that closes", heading("connection: x, Close\r\ncontent-length: 0\r\n"), false],
  ["an answer of HTTP/1.0", "HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n", false],
  ["a 204 with a length", "HTTP/1.1 204 X\r\ncontent-length: 5\r\n\r\n", false],
];

for (const [name, text, isPersistent] of PERSISTENCE) {
  Deno.test(`${name} ${isPersistent ? "leaves room for" : "is not followed by"} another one`, async () => {
    assert.equal((await receive(text)).isPersistent, isPersistent);
  });
}

Deno.test("where the network cuts an answer makes no difference", async () => {
  const text = "HTTP/1.1 100 Continue\r\n\r\n" +
    chunked("3;a=b\r\nabc\r\na\r\n0123456789\r\n0\r\nt: u\r\n\r\n", "x: y\r\n");
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(text.length), { maxLength: 20 }), async (cuts) => {
      const places = [...new Set([0, ...cuts, text.length])].sort((a, b) => a - b);
      const pieces = places.slice(1).map((end, index) => text.slice(places[index], end));
      const { answer } = await readAnswer(new ByteReader(scripted(pieces)), LIMITS);
      assert.equal(textOf(answer), "abc0123456789");
      assert.equal(answer.headers.get("x"), "y");
    }),
    { numRuns: 200 },
  );
});

Deno.test("whatever a peer sends, the reader ends with an answer or a clear error", async () => {
  const line = fc.oneof(
    fc.constantFrom(
      "HTTP/1.1 200 OK",
      "HTTP/1.1 100 Continue",
      "transfer-encoding: chunked",
      "content-length: 4",
      "",
      "0",
      "4",
      "abcd",
    ),
    fc.string({ unit: "binary-ascii", maxLength: 12 }),
  );
  const ending = fc.constantFrom<Ending>("goodbye", "cut");
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 12 }), ending, async (lines, how) => {
      try {
        const answer = await read(`HTTP/1.1 200 OK\r\n${lines.join("\r\n")}`, how);
        assert.ok(answer.body.length <= LIMITS.maxBody);
      } catch (error) {
        assert.ok(error instanceof BrokenError, String(error));
      }
    }),
    { numRuns: 500 },
  );
});
