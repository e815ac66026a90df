// SPDX-License-Identifier: MIT

/**
 * Runs the tests that need no booted machine, all or those of the paths given, and closes with
 * `N passed, N failed`. Exits with 1 when a test fails or none was run.
 */

import { buildNative } from "./build_native.ts";
import { close, type Counts, countTests, sum } from "./count_tests.ts";
import { ensurePackages, ensurePrerequisites } from "./prerequisites.ts";

/** Tasks of their own: they boot machines, build packages, want a quiet machine. */
const APART = "tests/system,tests/build,tests/audit,tests/soak";

/**
 * Tests of what changes the working directory or the environment. Both belong to the process, in
 * which several modules run at a time: these run one after the other, by themselves.
 */
const ALONE = [
  "cli/aziot/apply",
  "services/http/environment_test.ts",
  "services/http/listeners_test.ts",
  "services/storage",
];

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
  const env = {
    AZIOT_LIB_DIR: libraries,
    DENO_JOBS: Deno.env.get("DENO_JOBS") ?? "3",
  };
  const run = (args: string[]) => (more: Record<string, string>) =>
    countTests(args, { ...env, ...more });
  if (paths.length > 0) return await run(["--parallel", `--ignore=${APART}`, ...paths])({});
  const alone = run(ALONE);
  const together = run(["--parallel", `--ignore=${APART},${ALONE.join()}`]);
  return await withAudit(async (audit) => sum(await alone(audit), await together(audit)));
}

/** Runs tests with an audit of permissions, and then the tests that judge it. */
async function withAudit(
  run: (env: Record<string, string>) => Promise<Counts>,
): Promise<Counts> {
  const directory = await Deno.makeTempDir({ prefix: "aziot-audit-" });
  try {
    // Programs of other users write there, too.
    await Deno.chmod(directory, 0o755);
    const env = { AZIOT_PERMISSION_AUDIT: directory };
    return sum(await run(env), await countTests(["tests/audit"], env));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

if (import.meta.main) {
  Deno.exit(close(await runTests(Deno.args.filter((argument) => argument !== "--"))));
}
