// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { CallQueue } from "./queue.ts";

/** A library that notices too many calls at once, with slow calls that end when the test says so. */
class Probe {
  constructor(readonly limit = 1) {}

  readonly order: string[] = [];
  readonly #ends = new Map<string, PromiseWithResolvers<void>>();
  #inFlight = 0;

  quick(name: string): () => string {
    return () => {
      this.#enter(name);
      this.#inFlight--;
      return name;
    };
  }

  slow(name: string): () => Promise<string> {
    const end = Promise.withResolvers<void>();
    this.#ends.set(name, end);
    return async () => {
      this.#enter(name);
      try {
        await end.promise;
      } finally {
        this.#inFlight--;
      }
      return name;
    };
  }

  end(name: string): void {
    this.#ends.get(name)?.resolve();
  }

  fail(name: string): void {
    this.#ends.get(name)?.reject(new Error(`${name} failed`));
  }

  #enter(name: string): void {
    assert.ok(this.#inFlight++ < this.limit, `${name} is one call too many at a time`);
    this.order.push(name);
  }
}

Deno.test("a quick call with nothing in flight answers without a promise", () => {
  const probe = new Probe();
  const queue = new CallQueue(1);
  assert.equal(queue.run(probe.quick("a")), "a");
  assert.equal(queue.run(probe.quick("b")), "b");
});

Deno.test("calls run one at a time in the order of their arrival", async () => {
  const probe = new Probe();
  const queue = new CallQueue(1);
  const answers = Promise.all([
    queue.run(probe.slow("slow 1")),
    queue.run(probe.quick("quick 1")),
    queue.run(probe.slow("slow 2")),
    queue.run(probe.quick("quick 2")),
  ]);
  assert.deepEqual(probe.order, ["slow 1"]);
  probe.end("slow 2");
  probe.end("slow 1");
  const inOrder = ["slow 1", "quick 1", "slow 2", "quick 2"];
  assert.deepEqual(await answers, inOrder);
  assert.deepEqual(probe.order, inOrder);
  assert.equal(queue.run(probe.quick("idle again")), "idle again");
});

Deno.test("a call that arrives while the next in line starts waits its turn", async () => {
  const probe = new Probe();
  const queue = new CallQueue(1);
  const first = Promise.resolve(queue.run(probe.slow("first")));
  const second = queue.run(probe.quick("second"));
  const third = first.then(() => queue.run(probe.quick("third")));
  probe.end("first");
  await Promise.all([second, third]);
  assert.deepEqual(probe.order, ["first", "second", "third"]);
});

Deno.test("a call that throws or rejects lets the next one in", async () => {
  const probe = new Probe();
  const queue = new CallQueue(1);
  const broken = () => {
    throw new Error("broken");
  };
  assert.throws(() => queue.run(broken), /broken/);
  const rejected = queue.run(probe.slow("slow"));
  const thrown = queue.run(broken);
  const next = queue.run(probe.quick("next"));
  probe.fail("slow");
  await assert.rejects(Promise.resolve(rejected), /slow failed/);
  await assert.rejects(Promise.resolve(thrown), /broken/);
  assert.equal(await next, "next");
  assert.equal(queue.run(probe.quick("idle again")), "idle again");
});

Deno.test("a library that allows it gets so many calls at a time, the others wait in line", async () => {
  const probe = new Probe(2);
  const queue = new CallQueue(2);
  const answers = ["a", "b", "c", "d"].map((name) => queue.run(probe.slow(name)));
  assert.deepEqual(probe.order, ["a", "b"]);
  probe.end("b");
  assert.equal(await answers[1], "b");
  assert.deepEqual(probe.order, ["a", "b", "c"]);
  for (const name of ["a", "c", "d"]) probe.end(name);
  assert.deepEqual(await Promise.all(answers), ["a", "b", "c", "d"]);
  assert.deepEqual(probe.order, ["a", "b", "c", "d"]);
});
