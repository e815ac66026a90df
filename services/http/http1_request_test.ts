// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { encodeRequest } from "./http1_request.ts";

const TARGET = { authority: "hub.example:8443", path: "/a%2fb?x=y" };

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

Deno.test("a request has the caller's headers in their order and case, host and length last", () => {
  const headers = {
    "Content-Type": "application/json",
    authorization: "SharedAccessSignature sr=x",
  };
  const body = new TextEncoder().encode("{}");
  assert.equal(
    text(encodeRequest(TARGET, { method: "PUT", headers, body })),
    "PUT /a%2fb?x=y HTTP/1.1\r\nContent-Type: application/json\r\n" +
      "authorization: SharedAccessSignature sr=x\r\nhost: hub.example:8443\r\n" +
      "content-length: 2\r\n\r\n{}",
  );
});

Deno.test("a request without body has no length, one with an empty body has", () => {
  assert.equal(
    text(encodeRequest(TARGET, { method: "GET", headers: {} })),
    "GET /a%2fb?x=y HTTP/1.1\r\nhost: hub.example:8443\r\n\r\n",
  );
  const empty = { method: "POST", headers: {}, body: new Uint8Array(0) };
  assert.match(text(encodeRequest(TARGET, empty)), /\r\ncontent-length: 0\r\n\r\n$/);
});

Deno.test("a body is sent byte by byte as it is", () => {
  const body = Uint8Array.from({ length: 256 }, (_, index) => index);
  const bytes = encodeRequest(TARGET, { method: "POST", headers: {}, body });
  assert.deepEqual(bytes.slice(-256), body);
});

const REFUSED: [name: string, headers: Record<string, string>, message: RegExp][] = [
  ["a line break in a value", { a: "b\r\nc: d" }, /value of the header a is invalid/],
  ["a line feed in a value", { a: "b\nc" }, /value of the header a/],
  ["a NUL in a value", { a: "b\0" }, /value of the header a/],
  ["a value beyond ASCII", { a: "caf\u00e9" }, /value of the header a/],
  ["a value that begins with a space", { a: " b" }, /value of the header a/],
  ["a name with a colon", { "a:": "b" }, /header name "a:" is invalid/],
  ["an empty name", { "": "b" }, /header name "" is invalid/],
  ["a name with a line break", { "a\r\nb": "c" }, /is invalid/],
  ["a host", { Host: "other" }, /Host is set by the client/],
  ["a length", { "Content-Length": "5" }, /Content-Length is set/],
  ["a transfer encoding", { "transfer-encoding": "chunked" }, /transfer-encoding is set/],
  ["connection options", { connection: "upgrade" }, /connection is set/],
];

for (const [name, headers, message] of REFUSED) {
  Deno.test(`${name} is refused as a header`, () => {
    const request = { method: "GET", headers };
    assert.throws(() => encodeRequest(TARGET, request), { name: "TypeError", message });
  });
}

Deno.test("a refused header value is not repeated in the message", () => {
  const headers = { authorization: "secret\n" };
  assert.throws(
    () => encodeRequest(TARGET, { method: "GET", headers }),
    (error) => error instanceof TypeError && !error.message.includes("secret"),
  );
});

Deno.test("a path with what could begin another header is refused", () => {
  for (const path of ["", "x", "/a b", "/a\r\nb: c", "/\u00e9", "http://x/"]) {
    const target = { authority: "x", path };
    assert.throws(() => encodeRequest(target, { method: "GET", headers: {} }), TypeError);
  }
});

Deno.test("a method that is not a token is refused", () => {
  for (const method of ["", "GET /x", "G\r\nT"]) {
    assert.throws(() => encodeRequest(TARGET, { method, headers: {} }), TypeError);
  }
});
