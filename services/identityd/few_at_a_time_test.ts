// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { fewAtATime } from "./few_at_a_time.ts";

/** Work that is ended by hand; `begun` has the items in the order in which it began. */
function workshop() {
  const begun: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<void>>();
  const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
  return {
    begun,
    work(item: string): Promise<void> {
      begun.push(item);
      const end = Promise.withResolvers<void>();
      ends.set(item, end);
      return end.promise;
    },
    async end(item: string) {
      ends.get(item)?.resolve();
      await settle();
    },
    async fail(item: string) {
      ends.get(item)?.reject(new Error(`no ${item}`));
      await settle();
    },
  };
}

const ITEMS = ["a", "b", "c", "d"];

Deno.test("items are begun in their order, the next one when there is room", async () => {
  const { begun, work, end } = workshop();
  const all = fewAtATime(ITEMS, () => 2, work);
  assert.deepEqual(begun, ["a", "b"]);
  await end("b");
  assert.deepEqual(begun, ["a", "b", "c"]);
  await end("a");
  assert.deepEqual(begun, ITEMS);
  await end("c");
  await end("d");
  await all;
});

Deno.test("how many at a time may change, and one is always allowed", async () => {
  const { begun, work, end } = workshop();
  let width = 3;
  const all = fewAtATime(ITEMS, () => width, work);
  width = 0;
  await end("a");
  await end("b");
  assert.deepEqual(begun, ["a", "b", "c"]);
  await end("c");
  assert.deepEqual(begun, ITEMS);
  await end("d");
  await all;
});

Deno.test("after a failure nothing is begun, and what runs is waited for", async () => {
  const { begun, work, end, fail } = workshop();
  let isOver = false;
  const all = fewAtATime(ITEMS, () => 3, work).finally(() => isOver = true);
  const failed = assert.rejects(all, /no b/);
  await fail("b");
  await fail("a");
  assert.deepEqual([begun, isOver], [["a", "b", "c"], false]);
  await end("c");
  await failed;
});

Deno.test("nothing to do is done", async () => {
  await fewAtATime([], () => 1, () => Promise.reject(new Error("never")));
});
