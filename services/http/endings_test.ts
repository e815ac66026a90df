// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { Endings } from "./endings.ts";

/** An adapter that says what has gone out by a script, one entry a look; the last repeats. */
function scripted(sent: number[]) {
  const shut: number[] = [];
  let looks = 0;
  const adapter = {
    sent: () => {
      const value = sent[Math.min(looks++, sent.length - 1)] ?? -1;
      return shut.length > 0 ? -1 : value;
    },
    shut: (connection: number) => shut.push(connection) > 0,
  };
  return { adapter, shut, looks: () => looks };
}

async function ending(sent: number[], length: number, scale = 1) {
  const { adapter, shut, looks } = scripted(sent);
  const endings = new Endings(adapter, scale);
  const mark = endings.mark(7);
  await new Promise<void>((done) => endings.afterAnswer(7, mark, length, done));
  return { shut, looks: looks() };
}

Deno.test("a connection is shut when its answer has gone out, not before", async () => {
  const { shut, looks } = await ending([50, 50, 50, 50, 350, 350], 200);
  assert.deepEqual(shut, [7]);
  assert.equal(looks, 6);
});

Deno.test("an answer that goes out in pieces is waited for to its end", async () => {
  const { shut, looks } = await ending([0, 100, 100, 150, 400, 400], 300);
  assert.deepEqual(shut, [7]);
  assert.equal(looks, 6);
});

Deno.test("a connection that is gone is left alone: its number may be another's soon", async () => {
  assert.deepEqual((await ending([0, 20, -1], 300)).shut, []);
  assert.deepEqual((await ending([-1, -1], 0)).shut, []);
});

Deno.test("a shorter head than HTTP/1 has counts as sent when nothing more comes", async () => {
  assert.deepEqual((await ending([0, 30, 30], 0, 0.001)).shut, [7]);
});

Deno.test("a caller who does not take the answer is cut off in the end", async () => {
  assert.deepEqual((await ending([0, 0], 300, 0.001)).shut, [7]);
});

Deno.test("two answers on one connection end it once, and both are told", async () => {
  const { adapter, shut } = scripted([0, 0, 100, 100]);
  const endings = new Endings(adapter, 1);
  const ends = [1, 2].map(() => new Promise<void>((done) => endings.afterAnswer(7, 0, 10, done)));
  await Promise.all(ends);
  assert.deepEqual(shut, [7]);
});

Deno.test("cancelling leaves no timer", () => {
  const { adapter } = scripted([0]);
  const endings = new Endings(adapter, 1);
  endings.afterAnswer(7, 0, 10, () => {});
  endings.cancel();
});
