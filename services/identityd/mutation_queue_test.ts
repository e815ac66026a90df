// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { MutationQueue } from "./mutation_queue.ts";

Deno.test("mutations run one at a time in their order, whatever becomes of them", async () => {
  const queue = new MutationQueue();
  const events: string[] = [];
  const work = (name: string, fails = false) =>
    queue.run(async () => {
      events.push(`${name} begins`);
      await Promise.resolve();
      events.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    });
  const results = await Promise.allSettled([work("a"), work("b", true), work("c")]);
  assert.deepEqual(events, [
    "a begins",
    "a ends",
    "b begins",
    "b ends",
    "c begins",
    "c ends",
  ]);
  assert.deepEqual(results.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
});

Deno.test("work that nobody waits for any more is left out", async () => {
  const queue = new MutationQueue();
  const gate = Promise.withResolvers<void>();
  let isGone = false;
  let ran = false;
  const first = queue.run(() => gate.promise);
  const second = queue.run(() => {
    ran = true;
    return Promise.resolve();
  }, () => isGone);
  isGone = true;
  gate.resolve();
  await first;
  await assert.rejects(second, /gone/);
  assert.equal(ran, false);
});
