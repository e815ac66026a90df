// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import * as der from "./der.ts";

const hex = (bytes: Uint8Array) => bytes.toHex();

Deno.test("each kind of value has the tag, length and content that X.690 gives it", () => {
  const rows: [value: Uint8Array, expected: string][] = [
    [der.ZERO, "020100"],
    [der.TRUE, "0101ff"],
    [der.NULL, "0500"],
    [der.sequence(), "3000"],
    [der.sequence(der.ZERO, der.TRUE), "3006020100" + "0101ff"],
    [der.setOf(der.ZERO), "3103020100"],
    [der.context(0, der.ZERO), "a003020100"],
    [der.contextBytes(2, Uint8Array.of(0x61)), "820161"],
    [der.utf8String("é"), "0c02c3a9"],
    [der.octetString(Uint8Array.of(1, 2)), "04020102"],
    [der.bitString(Uint8Array.of(0xe0), 5), "030205e0"],
    [der.objectIdentifier("2.5.4.3"), "0603550403"],
    [der.objectIdentifier("1.2.840.113549.1.1.11"), "06092a864886f70d01010b"],
    [der.objectIdentifier("1.3.6.1.5.5.7.3.2"), "06082b06010505070302"],
  ];
  for (const [value, expected] of rows) assert.equal(hex(value), expected);
});

Deno.test("lengths have as few octets as they need", () => {
  for (
    const [length, head] of [
      [0, "0400"],
      [127, "047f"],
      [128, "048180"],
      [255, "0481ff"],
      [256, "04820100"],
      [65_536, "0483010000"],
    ] as const
  ) {
    const value = der.octetString(new Uint8Array(length));
    assert.equal(value.length, head.length / 2 + length);
    assert.equal(hex(value.subarray(0, head.length / 2)), head);
  }
});
