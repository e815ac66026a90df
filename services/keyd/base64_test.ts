// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { decodeBase64 } from "./base64.ts";

Deno.test("padded standard base64 decodes", () => {
  const rows: [text: string, bytes: number[]][] = [
    ["", []],
    ["AA==", [0]],
    ["AAE=", [0, 1]],
    ["AAEC", [0, 1, 2]],
    ["+/+/", [0xfb, 0xff, 0xbf]],
  ];
  for (const [text, bytes] of rows) {
    assert.deepEqual(decodeBase64(text), new Uint8Array(bytes), text);
  }
});

Deno.test("everything else is refused", () => {
  const rows = [
    "A",
    "AA",
    "AAA",
    "AA=",
    "AA===",
    "AB==",
    "AAB=",
    "=",
    "A=AA",
    "AAAA=",
    "_-__",
    "AA A",
    " AAAA",
    "AAAA\n",
    "AA==\t",
    " ",
    "AAAA AAAA",
    "%41AA",
    "AAÄA",
  ];
  for (const text of rows) assert.equal(decodeBase64(text), undefined, JSON.stringify(text));
});
