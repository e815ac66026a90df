// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { CallQueue, type LibraryCall } from "./queue.ts";

/** A library that notices two calls at once, with slow calls that end when the test says so. */
function probe() {
  let inFlight = 0;
  const order: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<void>>();

  const enter = (name: string) => {
    assert.equal(inFlight++, 0, `${name} overlaps another call`);
    order.push(name);
  };
  const leave = () => void inFlight--;

  const quick = (name: string): LibraryCall<string> => ({
    quick: true,
    blocking: () => {
      enter(name);
      leave();
      return name;
    },
    nonblocking: () => assert.fail("a quick call needs no other thread"),
  });
  const slow = (name: string): LibraryCall<string> => {
    const end = Promise.withResolvers<void>();
    ends.set(name, end);
    return {
      quick: false,
      blocking: () => assert.fail("a slow call must not hold up the event loop"),
      nonblocking: async () => {
        enter(name);
        try {
          await end.promise;
        } finally {
          leave();
        }
        return name;
      },
    };
  };
  return { order, quick, slow, end: (name: string) => ends.get(name) };
}

Deno.test("a quick call on an idle library answers without a promise", () => {
  const { quick } = probe();
  const queue = new CallQueue();
  assert.equal(queue.run(quick("a")), "a");
  assert.equal(queue.run(quick("b")), "b");
});

Deno.test("calls run one at a time in the order of their arrival", async () => {
  const { order, quick, slow, end } = probe();
  const queue = new CallQueue();
  const answers = Promise.all([
    queue.run(slow("slow 1")),
    queue.run(quick("quick 1")),
    queue.run(slow("slow 2")),
    queue.run(quick("quick 2")),
  ]);
  assert.deepEqual(order, ["slow 1"]);
  end("slow 2")?.resolve();
  end("slow 1")?.resolve();
  assert.deepEqual(await answers, ["slow 1", "quick 1", "slow 2", "quick 2"]);
  assert.deepEqual(order, ["slow 1", "quick 1", "slow 2", "quick 2"]);
  assert.equal(queue.run(quick("after")), "after");
});

Deno.test("a call that arrives while the next in line starts waits its turn", async () => {
  const { order, quick, slow, end } = probe();
  const queue = new CallQueue();
  const first = Promise.resolve(queue.run(slow("first")));
  const second = Promise.resolve(queue.run(quick("second")));
  const third = first.then(() => queue.run(quick("third")));
  end("first")?.resolve();
  await Promise.all([second, third]);
  assert.deepEqual(order, ["first", "second", "third"]);
});

Deno.test("a call that throws or rejects lets the next one in", async () => {
  const { quick, slow, end } = probe();
  const queue = new CallQueue();
  const failing: LibraryCall<never> = {
    quick: true,
    blocking: () => {
      throw new Error("broken");
    },
    nonblocking: () => Promise.reject(new Error("broken")),
  };
  assert.throws(() => queue.run(failing), /broken/);
  const rejected = queue.run(slow("rejects"));
  const next = queue.run(quick("next"));
  end("rejects")?.reject(new Error("gone"));
  await assert.rejects(Promise.resolve(rejected), /gone/);
  assert.equal(await next, "next");
  await assert.rejects(Promise.resolve(queue.run({ ...failing, quick: false })), /broken/);
  assert.equal(queue.run(quick("idle again")), "idle again");
});
