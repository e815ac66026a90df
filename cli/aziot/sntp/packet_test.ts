// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { BadAnswer, clockOffset, PACKET_LENGTH, readAnswer, request, sentAt } from "./packet.ts";

const T2026 = BigInt(Date.UTC(2026, 4, 4)) * 1_000_000n;
const T2040 = BigInt(Date.UTC(2040, 0, 1)) * 1_000_000n;

/** An answer to `asked` that a test may spoil. */
function answer(asked: Uint8Array, received = asked.subarray(40, 48), sent = received): Uint8Array {
  const packet = new Uint8Array(PACKET_LENGTH);
  packet[0] = 4 << 3 | 4;
  packet[1] = 2;
  packet.set(asked.subarray(40, 48), 24);
  packet.set(received, 32);
  packet.set(sent, 40);
  return packet;
}

const timeBytes = (time: bigint) => request(time).subarray(40, 48);

Deno.test("a request has version 3, client mode and the time", () => {
  const packet = request(T2026 + 500_000_000n);
  assert.equal(packet.length, 48);
  assert.equal(packet[0], 0x1b);
  assert.deepEqual(packet.subarray(1, 40), new Uint8Array(39));
  assert.deepEqual([...packet.subarray(44)], [0x80, 0, 0, 0]);
  assert.equal(sentAt(packet), T2026 + 500_000_000n);
});

for (const [what, time] of [["before", T2026], ["after", T2040]] as const) {
  Deno.test(`a time ${what} 2036 is read as it was written`, () => {
    assert.equal(sentAt(request(time)), time);
  });
}

Deno.test("the offset leaves the way out", () => {
  const second = 1_000_000_000n;
  const asked = request(T2026);
  const ahead = 3600n * second;
  const packet = answer(
    asked,
    timeBytes(T2026 + ahead + second),
    timeBytes(T2026 + ahead + 2n * second),
  );
  const read = readAnswer(packet, asked);
  assert.equal(clockOffset(T2026, read, T2026 + 3n * second), ahead);
});

for (
  const [what, spoil, reason] of [
    ["an unsynchronized server", (p: Uint8Array) => p[0] = 0xe4, /not synchronized/],
    ["version 2", (p: Uint8Array) => p[0] = 2 << 3 | 4, /version 2/],
    ["a client's packet", (p: Uint8Array) => p[0] = 4 << 3 | 3, /mode 3/],
    ["a kiss of death", (p: Uint8Array) => p[1] = 0, /refuses to serve/],
    ["an answer to somebody else", (p: Uint8Array) => p[31] = 77, /another request/],
  ] as const
) {
  Deno.test(`${what} is refused`, () => {
    const asked = request(T2026);
    const packet = answer(asked);
    spoil(packet);
    assert.throws(() => readAnswer(packet, asked), (error: Error) => {
      assert.ok(error instanceof BadAnswer);
      assert.match(error.message, reason);
      return true;
    });
  });
}

Deno.test("a short packet is refused", () => {
  assert.throws(() => readAnswer(new Uint8Array(47), request(T2026)), /only 47 bytes/);
});
