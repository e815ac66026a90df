// SPDX-License-Identifier: MIT

/**
 * What a contributor runs before a commit, and CI on every one: formatting, lint, types, import
 * rules, documentation of the shared declarations, C without warnings, all tests.
 */

import { buildNative } from "./build_native.ts";
import { close, NONE, sum } from "./count_tests.ts";
import { checkImports } from "./import_rules.ts";
import { runTests } from "./run_tests.ts";

const root = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
const LICENCE = "SPDX-License-Identifier: MIT";

interface Check {
  name: string;
  /** Resolves with what is wrong, nothing when all is well. */
  run(): Promise<string[]>;
}

const CHECKS: Check[] = [
  { name: "formatting", run: () => deno(["fmt", "--check"]) },
  { name: "lint", run: () => deno(["lint", "--quiet"]) },
  { name: "types", run: () => deno(["check", "--quiet", "."]) },
  { name: "licence lines", run: licenceLines },
  { name: "imports", run: async () => checkImports(await sources(".ts")) },
  { name: "documentation of shared declarations", run: documentation },
  { name: "C without warnings", run: nativeWarnings },
];

async function deno(args: string[]): Promise<string[]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: root,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  return success ? [] : [text.trim()];
}

/** The repository's own files of one kind, by path; what git ignores does not count. */
async function sources(...endings: string[]): Promise<Map<string, string>> {
  const { stdout } = await new Deno.Command("git", {
    args: ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    cwd: root,
  }).output();
  const found = new Map<string, string>();
  for (const path of new TextDecoder().decode(stdout).split("\0")) {
    if (!endings.some((ending) => path.endsWith(ending))) continue;
    try {
      found.set(path, await Deno.readTextFile(`${root}/${path}`));
    } catch (cause) {
      // Removed from the work tree and not yet from the index.
      if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    }
  }
  return found;
}

async function licenceLines(): Promise<string[]> {
  const problems: string[] = [];
  for (const [path, text] of await sources(".ts", ".c", ".h", "scripts/deno", ".ci/run")) {
    const head = text.split("\n", 3).join("\n");
    if (!head.includes(LICENCE)) problems.push(`${path} has no line "${LICENCE}"`);
  }
  return problems;
}

async function documentation(): Promise<string[]> {
  const files = [...(await sources(".ts")).keys()].filter((path) =>
    /^services\/[^/]+\/client\.ts$|^ffi\/[^/]+\.ts$/.test(path) && !path.endsWith("_test.ts")
  );
  return files.length === 0 ? [] : await deno(["doc", "--lint", ...files]);
}

async function nativeWarnings(): Promise<string[]> {
  try {
    await buildNative({ sanitize: false });
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

// A failed check counts like a failed test: the closing line is the whole verdict.
let checks = NONE;
for (const { name, run } of CHECKS) {
  const found = await run();
  console.log(`${found.length === 0 ? "ok  " : "FAIL"} ${name}`);
  for (const problem of found) console.log(problem.replace(/^/gm, "     "));
  const lines = found.flatMap((problem) => problem.split("\n")).filter((line) =>
    line.trim() !== ""
  );
  checks = sum(
    checks,
    found.length === 0
      ? { passed: 1, failed: 0 }
      : { passed: 0, failed: 1, failures: [{ name: `the check of ${name}`, lines }] },
  );
}
Deno.exit(close(sum(checks, await runTests([]))));
