// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { HubReads } from "./hub_reads.ts";
import { TestClock } from "./test_clock.ts";
import { OUTAGE, refusal } from "./test_hub.ts";

/** Reads with a question that counts how often it was asked. */
function counting(outcome: () => unknown) {
  const clock = new TestClock();
  const reads = new HubReads(clock);
  let asked = 0;
  const ask = (question = "q", aboutDevice = false) =>
    reads.share(question, aboutDevice, async () => {
      asked++;
      await Promise.resolve();
      const result = outcome();
      if (result instanceof Error) throw result;
      return result;
    });
  return { clock, reads, ask, asked: () => asked };
}

Deno.test("equal questions at a time share one answer, others do not", async () => {
  const { ask, asked } = counting(() => "answer");
  assert.deepEqual(await Promise.all([ask(), ask(), ask("other")]), ["answer", "answer", "answer"]);
  assert.equal(asked(), 2);
  await ask();
  assert.equal(asked(), 3, "an answer is not kept");
});

Deno.test("a question after a change does not share the answer from before it", async () => {
  const { ask, asked, reads } = counting(() => "answer");
  const before = ask();
  reads.changed();
  await Promise.all([before, ask()]);
  assert.equal(asked(), 2);
});

Deno.test("a refusal of the device counts for ten seconds for the same question", async () => {
  const { ask, asked, clock } = counting(() => refusal(401, "Unauthorized"));
  await assert.rejects(ask(), { message: "Unauthorized" });
  await assert.rejects(ask(), { message: "Unauthorized" });
  assert.equal(asked(), 1);
  await assert.rejects(ask("other"), { message: "Unauthorized" });
  assert.equal(asked(), 2);
  clock.pass(9_999);
  await assert.rejects(ask());
  assert.equal(asked(), 2);
  clock.pass(1);
  await assert.rejects(ask());
  assert.equal(asked(), 3);
});

Deno.test("a change ends what a refusal counts for", async () => {
  const { ask, asked, reads } = counting(() => refusal(401, "Unauthorized"));
  await assert.rejects(ask());
  reads.changed();
  await assert.rejects(ask());
  assert.equal(asked(), 2);
});

Deno.test("only what concerns the device itself is remembered", async () => {
  const rows: [error: Error, aboutDevice: boolean, remembered: boolean][] = [
    [refusal(401, "x"), false, true],
    [refusal(404, "x"), true, true],
    [refusal(404, "ErrorCode:DeviceNotFound;x"), false, true],
    [refusal(404, "ErrorCode:ModuleNotFound;x"), false, false],
    [refusal(403, "x"), true, false],
    [OUTAGE(), true, false],
    [new Error("401"), true, false],
  ];
  for (const [error, aboutDevice, remembered] of rows) {
    const { ask, asked } = counting(() => error);
    await assert.rejects(ask("q", aboutDevice));
    await assert.rejects(ask("q", aboutDevice));
    assert.equal(asked(), remembered ? 1 : 2, error.message);
  }
});

Deno.test("the hub is left alone for as long as it asked", () => {
  const { clock, reads } = counting(() => "answer");
  assert.equal(reads.isThrottled, false);
  reads.throttled(60_000);
  reads.throttled(1_000);
  clock.pass(59_999);
  assert.equal(reads.isThrottled, true);
  clock.pass(1);
  assert.equal(reads.isThrottled, false);
});
