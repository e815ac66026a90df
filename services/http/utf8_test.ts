// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { decodeUtf8 } from "./utf8.ts";

Deno.test("UTF-8 is decoded as it is, byte order marks and replacement characters included", () => {
  for (const text of ["", "a", "é", "😀", "\ufeff{}", "\ufffd", "a\ufffdb", "\0\u007f\u0080"]) {
    assert.equal(decodeUtf8(new TextEncoder().encode(text)), text);
  }
});

Deno.test("what is not UTF-8 is refused, beside a replacement character too", () => {
  const rows = [
    [0xff],
    [0x61, 0xc3],
    [0xf0, 0x9f, 0x98],
    [0xf0, 0x9f, 0x98, 0x22],
    [0xed, 0xa0, 0x80],
    [0xc0, 0xaf],
    [0xef, 0xbf, 0xbd, 0xff],
    [0xf4, 0x90, 0x80, 0x80],
  ];
  for (const bytes of rows) assert.throws(() => decodeUtf8(new Uint8Array(bytes)), TypeError);
});
