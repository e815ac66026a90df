// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { libraryPath } from "../library_path.ts";

const PLAIN = libraryPath("").replace(/\/$/, "").replace(/-asan$/, "");

Deno.test("no key, derived key or plaintext stays in memory after its key was deleted", async () => {
  const { code, stdout } = await new Deno.Command(`${PLAIN}/tests/heap_scan`, {
    args: [`${PLAIN}/libaziot_keys.so`],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).output();
  const text = new TextDecoder().decode(stdout);
  assert.equal(code, 0, text);
  assert.match(text, /^\d{2} secrets, 0 failures\n$/);
});
