// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeKey, encodeKey } from "./base64_key.ts";

for (
  const [text, bytes] of [
    ["QUJD", "ABC"],
    ["QUI=", "AB"],
    ["QUI", "AB"],
    ["QQ==", "A"],
    ["QQ", "A"],
  ] as const
) {
  Deno.test(`the key ${text} is read`, () => {
    assert.equal(new TextDecoder().decode(decodeKey(text)), bytes);
  });
}

for (
  const [text, reason] of [
    ["", "the key is empty"],
    ["QQ=", "Invalid padding"],
    ["QUJD=", "Invalid padding"],
    ["QUI==", "Invalid padding"],
    ["QQ===", "Invalid padding"],
    ["====", "Invalid padding"],
    ["Q", "Invalid input length: 1"],
    ["QUJDQ", "Invalid input length: 5"],
    ["QR==", "Invalid last symbol 82, offset 1."],
    ["QR", "Invalid last symbol 82, offset 1."],
    ["QUJ", "Invalid last symbol 74, offset 2."],
    ["QU I=", "Invalid symbol 32, offset 2."],
    ["QUI=\n", "Invalid symbol 61, offset 3."],
    [" QUI=", "Invalid symbol 32, offset 0."],
    ["Q-==", "Invalid symbol 45, offset 1."],
    ["Q_==", "Invalid symbol 95, offset 1."],
    ["Q=Q=", "Invalid symbol 61, offset 1."],
    ["äQI=", "Invalid symbol 195, offset 0."],
  ] as const
) {
  Deno.test(`the key ${JSON.stringify(text)} is refused: ${reason}`, () => {
    assert.throws(() => decodeKey(text), { message: reason });
  });
}

Deno.test("every key survives writing and reading, with its padding and without", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
    const text = encodeKey(bytes);
    assert.deepEqual(decodeKey(text), bytes);
    assert.deepEqual(decodeKey(text.replace(/=+$/, "")), bytes);
  }));
});

Deno.test("no error repeats the key", () => {
  fc.assert(fc.property(fc.stringMatching(/^[A-Za-z0-9+/=]{20,40}$/), (text) => {
    try {
      decodeKey(text);
    } catch (error) {
      assert.ok(error instanceof Error && !error.message.includes(text.slice(0, 6)));
    }
  }));
});
