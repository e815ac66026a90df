// SPDX-License-Identifier: MIT

import { type Failure, FailureReader, summary } from "./failures.ts";

/** What `deno test` counted. */
export interface Counts {
  passed: number;
  failed: number;
  /** What failed, for the end of the log; steps of one failed test stand for themselves. */
  failures?: readonly Failure[];
}

/** No run, which others can be added to. */
export const NONE: Counts = { passed: 0, failed: 0 };

/** Two runs as one. */
export function sum(one: Counts, other: Counts): Counts {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    failures: [...one.failures ?? [], ...other.failures ?? []],
  };
}

/**
 * Runs `deno test` with the sanitizers on; its output goes to the caller's. A run that died, or
 * failed outside a test, or had no test, counts as one failure.
 */
export async function countTests(args: string[], env: Record<string, string>): Promise<Counts> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-check", "--sanitize-ops", "--sanitize-resources", ...args],
    env: { ...env, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
  }).spawn();

  const reader = new FailureReader();
  let tail = "";
  let line = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    await Deno.stdout.write(chunk);
    const text = decoder.decode(chunk, { stream: true });
    tail = (tail + text).slice(-4000);
    const lines = (line + text).split("\n");
    line = lines.pop() ?? "";
    for (const each of lines) reader.line(each);
  }
  const { code } = await child.status;
  const [, passed, failed] = /(\d+) passed.*?\| (\d+) failed/.exec(tail) ?? [];
  const counts = { passed: Number(passed ?? 0), failed: Number(failed ?? 0) };
  const isEmpty = counts.passed === 0 && counts.failed === 0;
  const isBroken = (code !== 0 && counts.failed === 0) || isEmpty;
  if (isBroken) counts.failed = 1;
  const { failures } = reader;
  if (isBroken && failures.length === 0) {
    const name = `deno test ${args.join(" ")} ended with exit code ${code}`;
    failures.push({ name, lines: tail.split("\n").filter((each) => each.trim() !== "").slice(-5) });
  }
  return { ...counts, failures };
}

/** Prints what failed and the closing line of a test task; answers its exit code. */
export function close({ passed, failed, failures = [] }: Counts): number {
  for (const line of summary(failures)) console.log(line);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}
