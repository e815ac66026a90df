// SPDX-License-Identifier: MIT

/** Random inputs for everything that reads what others have written, under the sanitizers. */

import assert from "node:assert/strict";
import { libraryPath } from "../library_path.ts";

const SANITIZED = `${libraryPath("").replace(/\/$/, "").replace(/-asan$/, "")}-asan`;
const SEED = Deno.env.get("AZIOT_TEST_SEED") ?? String(Date.now() % 2 ** 31);

/** Inputs a target gets; reading a PEM text costs a hundred times more than the rest. */
const RUNS = new Map([
  ["file-uri", 1_000_000],
  ["token-uri", 1_000_000],
  ["ciphertext", 1_000_000],
  ["id", 100_000],
  ["filter", 100_000],
  ["pem", 2_000],
]);

for (const [target, runs] of RUNS) {
  Deno.test(`${runs} random inputs bring nothing down: ${target}`, async () => {
    const { code, stdout, stderr } = await new Deno.Command(`${SANITIZED}/tests/keys_fuzz`, {
      args: [target, String(runs), SEED],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
    const decoder = new TextDecoder();
    assert.equal(code, 0, `seed ${SEED}: ${decoder.decode(stdout)}${decoder.decode(stderr)}`);
  });
}
