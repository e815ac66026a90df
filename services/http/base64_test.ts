// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { decodeBase64, encodeBase64 } from "./base64.ts";

Deno.test("bytes of every length come back as they were", () => {
  for (let length = 0; length < 70; length++) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 37 + length) & 0xff);
    assert.deepEqual(decodeBase64(encodeBase64(bytes)), bytes);
  }
});

Deno.test("a text is decoded as RFC 4648 has it", () => {
  const rows: [text: string, bytes: number[]][] = [
    ["", []],
    ["AA==", [0]],
    ["AAA=", [0, 0]],
    ["AAAA", [0, 0, 0]],
    ["+/+/", [0xfb, 0xff, 0xbf]],
    ["Zm9vYmE=", [102, 111, 111, 98, 97]],
  ];
  for (const [text, bytes] of rows) assert.deepEqual(decodeBase64(text), new Uint8Array(bytes));
});

Deno.test("what is not strictly base64 is refused", () => {
  const rows = [
    "A",
    "AA",
    "AAA",
    "AA=",
    "A===",
    "====",
    "=",
    "AAAA=",
    "AAAA====",
    "AB==", // unused bits set
    "AAB=",
    "-_-_",
    " AAAA",
    "AAAA ",
    "AA AA",
    "AA\nAA",
    "AAAA\r\n",
    "AA\tAA",
    "AA\fAA",
    "AA==AAAA",
    "AAAÄ",
    "AA\0A",
    "ＡＡＡＡ",
    "data:;base64,AAAA",
  ];
  for (const text of rows) assert.equal(decodeBase64(text), undefined, JSON.stringify(text));
});
