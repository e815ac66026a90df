// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { zipEntry } from "./zip_entry.ts";
import { zipOf } from "./zip_fixture.ts";

for (const deflated of [true, false]) {
  Deno.test(`a file ${deflated ? "deflated" : "stored"} in an archive is found`, async () => {
    const content = "stub ".repeat(1000);
    const entry = await zipEntry(await zipOf("denort", content, deflated), "denort");
    assert.equal(new TextDecoder().decode(entry), content);
  });
}

Deno.test("an archive without the file, one cut off and a text are refused", async () => {
  const good = await zipOf("other", "x", true);
  await assert.rejects(zipEntry(good, "denort"), /without denort/);
  await assert.rejects(zipEntry(good.slice(0, 60), "denort"), /no zip archive/);
  await assert.rejects(zipEntry(new TextEncoder().encode("<html>"), "denort"), /no zip archive/);
  const damaged = good.slice();
  damaged[damaged.length - 22 + 16] = 0;
  await assert.rejects(zipEntry(damaged, "other"), /damaged/);
});
