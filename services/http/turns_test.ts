// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { Turns } from "./turns.ts";

/** The order in which visitors, all there before the first one leaves, get their turns. */
async function visit(turns: Turns, callers: readonly number[]): Promise<string> {
  const order: number[] = [];
  let inside = 0;
  await Promise.all(callers.map(async (caller) => {
    const release = await turns.take(caller);
    assert.equal(++inside, 1);
    order.push(caller);
    await Promise.resolve();
    inside--;
    release();
  }));
  return order.join("");
}

Deno.test("callers get their turns alternately, whoever came first", async () => {
  const turns = new Turns();
  const rows: [callers: number[], expected: string][] = [
    [[], ""],
    [[1], "1"],
    [[1, 1, 1], "111"],
    [[1, 1, 1, 1, 2], "11211"],
    [[1, 1, 1, 1, 2, 2, 3], "1123121"],
    [[3, 2, 1, 1, 2, 3], "321321"],
  ];
  for (const [callers, expected] of rows) assert.equal(await visit(turns, callers), expected);
});
