// SPDX-License-Identifier: MIT

/**
 * Runs the tests that need no booted machine, all or those of the paths given, and closes with
 * `N passed, N failed`. Exits with 1 when a test fails or none was run.
 */

import { buildNative } from "./build_native.ts";
import { close, type Counts, countTests } from "./count_tests.ts";
import { ensurePackages, ensurePrerequisites } from "./prerequisites.ts";

/** Tasks of their own: they boot machines and build packages. */
const APART = "tests/system,tests/build";

/** Runs tests below `paths` with the sanitizers on; their output goes to the caller's. */
export async function runTests(paths: string[]): Promise<Counts> {
  await ensurePrerequisites([
    "compiler",
    "openssl",
    "curl",
    "strace",
    "systemd",
    "tmux",
    "valgrind",
  ]);
  await ensurePackages();
  const libraries = await buildNative({ sanitize: false });
  await buildNative({ sanitize: true });
  return await countTests(["--parallel", `--ignore=${APART}`, ...paths], {
    AZIOT_LIB_DIR: libraries,
    DENO_JOBS: Deno.env.get("DENO_JOBS") ?? "3",
  });
}

if (import.meta.main) {
  Deno.exit(close(await runTests(Deno.args.filter((argument) => argument !== "--"))));
}
