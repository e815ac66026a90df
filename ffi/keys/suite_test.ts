// SPDX-License-Identifier: MIT

/** The suite for keys libraries on our own, as it is and watched by tools that find misuse of memory. */

import assert from "node:assert/strict";
import { libraryPath } from "../library_path.ts";

const PLAIN = libraryPath("").replace(/\/$/, "").replace(/-asan$/, "");
const SANITIZED = `${PLAIN}-asan`;

interface Run {
  code: number;
  /** Report and what the tools say. */
  text: string;
}

async function run(command: string, args: string[], env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  return { code, text: decoder.decode(stdout) + decoder.decode(stderr) } satisfies Run;
}

function assertAllPassed({ code, text }: Run): void {
  // Only what went wrong: the report has a line for each check.
  const wrong = text.split("\n").filter((line) => line && !line.startsWith("ok ")).join("\n");
  assert.equal(code, 0, wrong);
  assert.match(text, /\n\d{2,} passed, 0 failed\n/, wrong);
}

Deno.test("our keys library passes the suite", async () => {
  assertAllPassed(await run(`${PLAIN}/tests/keys_suite`, ["--own", `${PLAIN}/libaziot_keys.so`]));
});

Deno.test("our keys library passes the suite under the sanitizers, and nothing leaks", async () => {
  assertAllPassed(
    await run(
      `${SANITIZED}/tests/keys_suite`,
      ["--own", `${SANITIZED}/libaziot_keys.so`],
      { ASAN_OPTIONS: "detect_leaks=1", UBSAN_OPTIONS: "print_stacktrace=1" },
    ),
  );
});

Deno.test("our keys library passes the suite under valgrind", async () => {
  const valgrind = ["--quiet", "--error-exitcode=9", "--leak-check=full"];
  const suite = [`${PLAIN}/tests/keys_suite`, "--own", "--quick", `${PLAIN}/libaziot_keys.so`];
  const result = await run("valgrind", [...valgrind, ...suite]);
  assert.doesNotMatch(result.text, /^==\d+==/m);
  assertAllPassed(result);
});

Deno.test("a broken keys library is reported check by check, and survived", async () => {
  const library = `${PLAIN}/tests/broken_keys_library.so`;
  const { code, text } = await run(`${PLAIN}/tests/keys_suite`, [library]);
  assert.equal(code, 1);
  assert.match(text, /^FAIL {4}version 2\.0\.0\.0 has twelve functions at their offsets$/m);
  assert.match(text, /^FAIL {4}verification accepts the whole signature and nothing else$/m);
  assert.match(text, /^FAIL {4}a derived key is HMAC-SHA-256 of the data$/m);
  assert.match(text, /^FAIL {4}a call that fails for another reason leaves the length alone$/m);
  assert.match(text, /the library ended the process: Aborted/);
  assert.match(text, /^ok {6}an import replaces the key, and HMAC-SHA-256 is what RFC 4231 says$/m);
  assert.match(text, /\n\d+ passed, \d+ failed\n$/);
});

for (const [build, how] of [[PLAIN, ""], [SANITIZED, " under the sanitizers"]]) {
  Deno.test(`calls of our keys library may overlap${how}`, async () => {
    const home = await Deno.makeTempDir();
    try {
      const args = [`${build}/libaziot_keys.so`, home];
      const { code, text } = await run(`${build}/tests/keys_overlap`, args);
      assert.equal(code, 0, text);
    } finally {
      await Deno.remove(home, { recursive: true });
    }
  });
}

Deno.test("the keys library exports exactly one symbol", async () => {
  const { code, text } = await run("nm", [
    "-D",
    "--defined-only",
    "--format=just-symbols",
    `${PLAIN}/libaziot_keys.so`,
  ]);
  assert.deepEqual({ code, text }, { code: 0, text: "aziot_keys_get_function_list\n" });
});

Deno.test("the keys library needs nothing but libcrypto and the C library", async () => {
  const { text } = await run("readelf", ["--dynamic", "--wide", `${PLAIN}/libaziot_keys.so`]);
  const needed = [...text.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, name]) => name ?? "")
    .filter((name) => !name.startsWith("ld-linux")).sort();
  assert.deepEqual(needed, ["libc.so.6", "libcrypto.so.3"]);
});
