// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { lock } from "./lock.ts";

const SHORT = { totalMs: 2, stepMs: 1 };

Deno.test("one holder at a time, the next one when it is gone", async () => {
  const directory = await Deno.makeTempDir();
  const path = `${directory}/run/apply.lock`;
  try {
    {
      using _first = await lock(path, SHORT);
      assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o7777, 0o600);
      await assert.rejects(lock(path, SHORT), /^Error: another apply is running: .* is locked$/);
    }
    using _second = await lock(path, SHORT);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
