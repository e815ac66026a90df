// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { configurationReference, DOCUMENT } from "./configuration_reference.ts";

Deno.test("docs/configuration.md is what the programs read", async () => {
  assert.equal(
    await Deno.readTextFile(DOCUMENT),
    await configurationReference(),
    "run: ./scripts/deno run -A scripts/configuration_reference.ts",
  );
});
