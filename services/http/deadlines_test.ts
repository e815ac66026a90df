// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { Deadlines } from "./deadlines.ts";

Deno.test("a wait that is not ended expires, in the order of the beginnings", async () => {
  using deadlines = new Deadlines(20);
  const expired: string[] = [];
  const done = Promise.withResolvers<void>();
  deadlines.begin(() => expired.push("first"));
  const ended = deadlines.begin(() => expired.push("ended"));
  deadlines.begin(() => {
    expired.push("last");
    done.resolve();
  });
  deadlines.end(ended);
  await done.promise;
  assert.deepEqual(expired, ["first", "last"]);
});

Deno.test("a wait is never shorter than it should be", async () => {
  using deadlines = new Deadlines(50);
  const start = performance.now();
  // The timer is running already when the second wait begins.
  deadlines.begin(() => {});
  await new Promise((resolve) => setTimeout(resolve, 13));
  const second = performance.now();
  await new Promise<void>((resolve) => deadlines.begin(resolve));
  assert.ok(performance.now() - second >= 50 - 1, "the second wait");
  assert.ok(performance.now() - start >= 63 - 1);
});

Deno.test("disposing gives all waits up and leaves no timer", () => {
  const deadlines = new Deadlines(10);
  deadlines.begin(() => assert.fail("expired"));
  deadlines[Symbol.dispose]();
});

Deno.test("after the last wait there is no timer, and the next wait has one again", async () => {
  using deadlines = new Deadlines(10);
  for (let round = 0; round < 3; round++) {
    await new Promise<void>((resolve) => deadlines.begin(resolve));
  }
});
