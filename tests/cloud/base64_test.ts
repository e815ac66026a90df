// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { decodeBase64, encodeBase64 } from "./base64.ts";

Deno.test("bytes survive the way through base64", () => {
  for (const length of [0, 1, 2, 3, 64]) {
    const bytes = Uint8Array.from({ length }, (_, at) => 255 - at);
    assert.deepEqual(decodeBase64(encodeBase64(bytes)), bytes);
  }
});

Deno.test("only standard base64 with its padding is read", () => {
  for (
    const bad of ["A", "AA", "AAA", "AA=", "A===", "AAAA=", "AA==AA==", "AA-_", "AA AA", "AAAA\n"]
  ) {
    assert.equal(decodeBase64(bad), undefined, bad);
  }
});
