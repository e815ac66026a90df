// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { TimeLimit } from "./time_limit.ts";

const late = new Error("late");
const HOUR = 3_600_000;

function never(): Promise<never> {
  return new Promise(() => {});
}

Deno.test("work that ends in time gives its result, and nothing is stopped", async () => {
  using limit = new TimeLimit(HOUR, () => late);
  let stopped = 0;
  assert.equal(await limit.race(Promise.resolve(7), () => stopped++), 7);
  await assert.rejects(limit.race(Promise.reject(new Error("own")), () => stopped++), /own/);
  assert.equal(stopped, 0);
});

Deno.test("work beyond the limit is stopped once and ends with the limit's reason", async () => {
  using limit = new TimeLimit(1, () => late);
  let stopped = 0;
  await assert.rejects(limit.race(never(), () => stopped++), (error) => error === late);
  assert.equal(stopped, 1);
});

Deno.test("work that begins beyond the limit is stopped at once", async () => {
  using limit = new TimeLimit(0, () => late);
  await assert.rejects(limit.race(never(), () => {}), (error) => error === late);
  let stopped = 0;
  await assert.rejects(limit.race(never(), () => stopped++), (error) => error === late);
  assert.equal(stopped, 1);
});

Deno.test("what the work does after it was given up is unheard", async () => {
  using limit = new TimeLimit(0, () => late);
  const { promise, reject } = Promise.withResolvers<never>();
  await assert.rejects(limit.race(promise, () => {}), (error) => error === late);
  reject(new Error("nobody listens"));
  await new Promise((resolve) => setTimeout(resolve, 0));
});

Deno.test("an outer signal ends it with the outer reason, also when it was aborted before", async () => {
  const outer = new Error("outer");
  const controller = new AbortController();
  using limit = new TimeLimit(HOUR, () => late, controller.signal);
  const racing = limit.race(never(), () => {});
  controller.abort(outer);
  await assert.rejects(racing, (error) => error === outer);
  using after = new TimeLimit(HOUR, () => late, controller.signal);
  assert.equal(after.signal.reason, outer);
});

Deno.test("a limit beyond the timer's range does not pass at once", async () => {
  using limit = new TimeLimit(2 ** 40, () => late);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(limit.signal.aborted, false);
});
