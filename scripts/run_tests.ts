// SPDX-License-Identifier: MIT

/**
 * Runs the tests that need no booted machine, all or those of the paths given, and closes with
 * `N passed, N failed`. Exits with 1 when a test fails or none was run.
 */

import { buildNative } from "./build_native.ts";
import { ensurePackages, ensurePrerequisites } from "./prerequisites.ts";

/** What `deno test` counted. */
export interface Counts {
  passed: number;
  failed: number;
}

/** Runs tests below `paths` with the sanitizers on; their output goes to the caller's. */
export async function runTests(paths: string[]): Promise<Counts> {
  await ensurePrerequisites(["compiler", "openssl", "curl", "strace", "tmux", "valgrind"]);
  await ensurePackages();
  const libraries = await buildNative({ sanitize: false });
  await buildNative({ sanitize: true });

  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-check", "--sanitize-ops", "--sanitize-resources", "--parallel"]
      .concat(paths),
    env: { NO_COLOR: "1", AZIOT_LIB_DIR: libraries, DENO_JOBS: Deno.env.get("DENO_JOBS") ?? "3" },
    stdin: "null",
    stdout: "piped",
  }).spawn();

  let tail = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    await Deno.stdout.write(chunk);
    tail = (tail + decoder.decode(chunk, { stream: true })).slice(-4000);
  }
  const { code } = await child.status;
  const [, passed, failed] = /(\d+) passed.*?\| (\d+) failed/.exec(tail) ?? [];
  const counts = { passed: Number(passed ?? 0), failed: Number(failed ?? 0) };
  // A run that died, or failed outside a test, has failed whatever it counted.
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  if (counts.passed === 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

if (import.meta.main) {
  const paths = Deno.args.filter((argument) => argument !== "--");
  const { passed, failed } = await runTests(paths);
  console.log(`${passed} passed, ${failed} failed`);
  Deno.exit(failed === 0 ? 0 : 1);
}
