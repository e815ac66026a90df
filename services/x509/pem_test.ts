// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { certificateBlocks, pemText } from "./pem.ts";

const block = (label: string, content: string) =>
  `-----BEGIN ${label}-----\n${content}\n-----END ${label}-----\n`;
const A = Uint8Array.of(1, 2, 3, 4);
const B = Uint8Array.of(5, 6, 7);

Deno.test("the certificates of a text are found in their order", () => {
  const rows: [what: string, text: string, blocks: (Uint8Array | undefined)[]][] = [
    ["no text", "", []],
    ["no certificate", "just text\n", []],
    ["one", block("CERTIFICATE", "AQIDBA=="), [A]],
    [
      "two, one with the old label",
      block("CERTIFICATE", "BQYH") + block("X509 CERTIFICATE", "AQIDBA=="),
      [B, A],
    ],
    [
      "text around and between",
      `x\n${block("CERTIFICATE", "AQIDBA==")}y${block("CERTIFICATE", "BQYH")}z`,
      [A, B],
    ],
    ["Windows line ends", block("CERTIFICATE", "AQID\nBA==").replaceAll("\n", "\r\n"), [A]],
    ["no final line end", block("CERTIFICATE", "AQIDBA==").trimEnd(), [A]],
    [
      "a private key between",
      block("CERTIFICATE", "BQYH") + block("EC PRIVATE KEY", "AAAA") +
      block("CERTIFICATE", "AQIDBA=="),
      [B, A],
    ],
    ["trust data", block("TRUSTED CERTIFICATE", "AQIDBA=="), []],
  ];
  for (const [what, text, blocks] of rows) assert.deepEqual(certificateBlocks(text), blocks, what);
});

Deno.test("a certificate that does not decode is seen, the others are read", () => {
  const good = block("CERTIFICATE", "AQIDBA==");
  const rows: [what: string, text: string][] = [
    ["not base64", block("CERTIFICATE", "AQ!D")],
    ["without padding", block("CERTIFICATE", "AQIDBA")],
    ["empty", block("CERTIFICATE", "")],
    ["cut short by the next", "-----BEGIN CERTIFICATE-----\nAQIDBA==\n"],
    [
      "ended by another label",
      "-----BEGIN CERTIFICATE-----\nAQIDBA==\n-----END X509 CERTIFICATE-----\n",
    ],
  ];
  for (const [what, bad] of rows) {
    assert.deepEqual(certificateBlocks(bad), [undefined], what);
    assert.deepEqual(certificateBlocks(bad + good), [undefined, A], what);
    assert.deepEqual(certificateBlocks(good + bad), [A, undefined], what);
  }
});

Deno.test("a text of many unfinished blocks takes no quadratic time", () => {
  assert.equal(certificateBlocks("-----BEGIN CERTIFICATE-----\n".repeat(40_000)).length, 40_000);
});

Deno.test("a block is written in lines of 64 characters and can be read again", () => {
  const bytes = new Uint8Array(100).fill(7);
  const text = pemText("CERTIFICATE", bytes);
  assert.deepEqual(text.split("\n").map(({ length }) => length), [27, 64, 64, 8, 25, 0]);
  assert.deepEqual(certificateBlocks(text), [bytes]);
});
