// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { Slots } from "./slots.ts";

Deno.test("places are given out in the order in which they were asked for, never too many", async () => {
  const slots = new Slots(2);
  const order: number[] = [];
  let taken = 0;
  const visit = async (name: number) => {
    const release = await slots.take();
    assert.ok(++taken <= 2);
    order.push(name);
    await Promise.resolve();
    taken--;
    release();
  };
  await Promise.all([1, 2, 3, 4, 5, 6].map(visit));
  assert.deepEqual(order, [1, 2, 3, 4, 5, 6]);
});

Deno.test("who gives up while waiting does not keep a place", async () => {
  const slots = new Slots(1);
  const release = await slots.take();
  const abort = new AbortController();
  const waiting = slots.take(abort.signal);
  const next = slots.take();
  abort.abort(new Error("enough"));
  await assert.rejects(waiting, /enough/);
  release();
  (await next)();
  await assert.rejects(slots.take(abort.signal), /enough/);
  (await slots.take())();
});
