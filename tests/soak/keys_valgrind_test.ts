// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { libraryPath } from "../../ffi/library_path.ts";

const BUILD = libraryPath("").replace(/\/$/, "");

Deno.test("our keys library passes the whole suite under valgrind, making RSA keys included", async () => {
  const { code, stdout, stderr } = await new Deno.Command("valgrind", {
    args: [
      ...["--quiet", "--error-exitcode=9", "--leak-check=full"],
      ...[`${BUILD}/tests/keys_suite`, "--own", `${BUILD}/libaziot_keys.so`],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  const text = decoder.decode(stdout) + decoder.decode(stderr);
  assert.doesNotMatch(text, /^==\d+==/m);
  assert.equal(code, 0, text.split("\n").filter((line) => !line.startsWith("ok ")).join("\n"));
});
