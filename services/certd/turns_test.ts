// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { Turns } from "./turns.ts";

Deno.test("tasks on one thing run one after the other, also after one that failed", async () => {
  const turns = new Turns();
  const events: string[] = [];
  const gates = [1, 2, 3].map(() => Promise.withResolvers<void>());
  const tasks = gates.map(({ promise }, index) =>
    turns.take("a", async () => {
      events.push(`begin ${index}`);
      await promise;
      events.push(`end ${index}`);
      if (index === 1) throw new Error("failed");
      return index;
    })
  );
  gates[2]?.resolve();
  gates[1]?.resolve();
  await Promise.resolve();
  gates[0]?.resolve();
  const results = await Promise.allSettled(tasks);
  assert.deepEqual(results.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  assert.deepEqual(events, ["begin 0", "end 0", "begin 1", "end 1", "begin 2", "end 2"]);
});

Deno.test("tasks on different things do not wait for each other", async () => {
  const turns = new Turns();
  const gate = Promise.withResolvers<void>();
  const slow = turns.take("a", () => gate.promise);
  assert.equal(await turns.take("b", () => Promise.resolve("done")), "done");
  gate.resolve();
  await slow;
});
