// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import type { Refused, ServeAdapter } from "../../ffi/serve.ts";
import { createLog } from "../log/log.ts";
import { Reception } from "./reception.ts";

/** An adapter that notes what it is asked for. */
function fake(refusals: Refused[] = []) {
  const sweeps: [number, number][] = [];
  const adapter: ServeAdapter = {
    adopted: () => 0,
    limits: () => {},
    busy: () => 0,
    shut: () => false,
    sweep: (idle, head) => sweeps.push([idle, head]),
    refused: () => refusals.shift(),
    sent: () => -1,
  };
  return { adapter, sweeps };
}

function guest() {
  const lines: string[] = [];
  let sweeps = 0;
  const log = createLog("test", undefined, {
    write: (bytes) => void lines.push(new TextDecoder().decode(bytes).trim().replace(/T.*Z/, "")),
    now: () => new Date(0),
  });
  return { log, lines, swept: () => void sweeps++, sweeps: () => sweeps };
}

Deno.test("a sweep has the deadlines of connections, times the scale", () => {
  const { adapter, sweeps } = fake();
  new Reception(adapter, 1).sweep();
  new Reception(adapter, 0.1).sweep();
  new Reception(adapter, 2, { idle: 3, head: 4, body: 5 }).sweep();
  assert.deepEqual(sweeps, [[60, 30], [6, 3], [6, 8]]);
});

Deno.test("who was turned away is logged once a sweep, a user and a reason, with a count", () => {
  const { adapter } = fake([
    { uid: 998, reason: "uid", count: 1 },
    { uid: 0, reason: "uid", count: 7 },
    { uid: 5, reason: "listener", count: 2 },
    { uid: undefined, reason: "descriptors", count: 1 },
    { uid: undefined, reason: "identity", count: 1 },
  ]);
  const reception = new Reception(adapter, 1);
  const first = guest();
  const second = guest();
  reception.enter(first);
  reception.enter(second);
  try {
    reception.sweep();
    reception.sweep();
  } finally {
    reception.leave(first);
    reception.leave(second);
  }
  assert.deepEqual(first.lines, [
    "<6>1970-01-01 [INFO] - Max simultaneous connections reached for user 998",
    "<6>1970-01-01 [INFO] - Max simultaneous connections reached for user 0 (7 connections)",
    "<4>1970-01-01 [WARN] - Max simultaneous connections of all users reached, " +
    "a caller was turned away, user 5 (2 connections)",
    "<4>1970-01-01 [WARN] - Out of descriptors, a caller was turned away, user not known",
    "<4>1970-01-01 [WARN] - The kernel does not say who is calling, a caller was turned away, " +
    "user not known",
  ]);
  assert.deepEqual([second.lines, first.sweeps(), second.sweeps()], [[], 2, 2]);
});

Deno.test("the timer runs while there are servers and not longer", () => {
  const { adapter } = fake();
  const reception = new Reception(adapter, 1);
  const one = guest();
  reception.enter(one);
  reception.leave(one);
  reception.leave(one);
});
