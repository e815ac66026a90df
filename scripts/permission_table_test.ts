// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { permissionTables, withTables } from "./permission_table.ts";

Deno.test("docs/security.md says what the manifest grants", async () => {
  const path = new URL("../docs/security.md", import.meta.url);
  const document = await Deno.readTextFile(path);
  assert.equal(
    document,
    await withTables(document),
    "renew it: ./scripts/deno run -A scripts/permission_table.ts",
  );
});

Deno.test("no program but the administrator's tool has all of a kind but the network", () => {
  for (const section of permissionTables().split("### ").slice(1)) {
    if (section.startsWith("aziot\n")) continue;
    for (const [, word] of section.matchAll(/^\| (\w[\w ]*) \| all \|$/gm)) {
      assert.equal(word, "network", section);
    }
  }
});

Deno.test("a document without the markers is refused", async () => {
  await assert.rejects(withTables("# Security\n"), /the markers are missing/);
});
