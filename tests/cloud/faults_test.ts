// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import type { CloudRequest, Surface } from "./exchange.ts";
import { type Fault, type FaultMatch, Faults } from "./faults.ts";

const SURFACE: Surface = {
  surface: "hub",
  instance: "first",
  handle: () => assert.fail("a fault does not ask the surface whether it hits"),
  deviceOf: (path) => path.split("/")[2],
  errorAnswer: () => assert.fail("nor for an answer"),
};

const REQUEST: CloudRequest = {
  method: "PUT",
  path: "/devices/press-07/modules/m",
  query: "",
  headers: [],
  body: new Uint8Array(),
  clientChain: [],
};

const FAULT: Fault = { kind: "throttle" };

function hits(faults: Faults, requests: number): boolean[] {
  return Array.from({ length: requests }, () => faults.take(SURFACE, REQUEST) !== undefined);
}

Deno.test("a fault hits the requests that match in every respect", () => {
  const rows: [match: FaultMatch, hit: boolean][] = [
    [{}, true],
    [{ surface: "hub" }, true],
    [{ surface: "dps" }, false],
    [{ instance: "first" }, true],
    [{ instance: "second" }, false],
    [{ method: "PUT" }, true],
    [{ method: "GET" }, false],
    [{ path: "/modules/[^/]+$" }, true],
    [{ path: "/modules$" }, false],
    [{ device: "press-07" }, true],
    [{ device: "press-0" }, false],
    [{ surface: "hub", method: "PUT", path: "m", device: "press-07" }, true],
    [{ surface: "hub", method: "PUT", path: "m", device: "press-08" }, false],
  ];
  for (const [match, hit] of rows) {
    const faults = new Faults();
    faults.add({ match, fault: FAULT });
    assert.deepEqual(hits(faults, 1), [hit], JSON.stringify(match));
  }
});

Deno.test("a pattern that is no regular expression is refused", () => {
  const faults = new Faults();
  assert.throws(() => faults.add({ match: { path: "(" }, fault: FAULT }), RangeError);
  assert.deepEqual(faults.list(), []);
});

Deno.test("a fault is used up after its count and may let some pass before", () => {
  const faults = new Faults();
  faults.add({ match: {}, fault: FAULT, count: 2, skip: 1 });
  assert.deepEqual(hits(faults, 5), [false, true, true, false, false]);
  assert.deepEqual(faults.list(), []);
});

Deno.test("a fault without a count lasts until it is ended", () => {
  const faults = new Faults();
  const id = faults.add({ match: {}, fault: FAULT });
  assert.deepEqual(hits(faults, 3), [true, true, true]);
  assert.equal(faults.list()[0]?.hits, 3);
  assert.equal(faults.remove(id), true);
  assert.equal(faults.remove(id), false);
  assert.deepEqual(hits(faults, 1), [false]);
});

Deno.test("a fault with a probability hits when the dice say so", () => {
  const dice = [0.1, 0.5, 0.9, 0.29];
  const faults = new Faults(() => dice.shift() ?? 0);
  faults.add({ match: {}, fault: FAULT, probability: 0.3 });
  assert.deepEqual(hits(faults, 4), [true, false, false, true]);
});

Deno.test("the oldest fault that matches comes first, and all can be ended at once", () => {
  const faults = new Faults();
  faults.add({ match: { method: "GET" }, fault: { kind: "drop", when: "never" } });
  faults.add({ match: {}, fault: FAULT, count: 1 });
  faults.add({ match: {}, fault: { kind: "rewrite" } });
  const kinds = [faults.take(SURFACE, REQUEST)?.kind, faults.take(SURFACE, REQUEST)?.kind];
  assert.deepEqual(kinds, ["throttle", "rewrite"]);
  faults.clear();
  assert.deepEqual(hits(faults, 1), [false]);
});
