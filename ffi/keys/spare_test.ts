// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { libraryPath } from "../library_path.ts";

const PLAIN = libraryPath("").replace(/\/$/, "").replace(/-asan$/, "");

for (const [build, how] of [[PLAIN, ""], [`${PLAIN}-asan`, " under the sanitizers"]]) {
  Deno.test(`a key that is ready for its next use gives the same answers${how}`, async () => {
    const { code, stdout, stderr } = await new Deno.Command(`${build}/tests/keys_spare`, {
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
    const decoder = new TextDecoder();
    assert.equal(code, 0, decoder.decode(stdout) + decoder.decode(stderr));
  });
}
