// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { libraryPath } from "../library_path.ts";

const SANITIZED = `${libraryPath("").replace(/\/$/, "").replace(/-asan$/, "")}-asan`;

Deno.test("the parts of the keys library do what their tables say, under the sanitizers", async () => {
  const { code, stdout, stderr } = await new Deno.Command(`${SANITIZED}/tests/keys_units`, {
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  assert.equal(code, 0, decoder.decode(stdout) + decoder.decode(stderr));
});
