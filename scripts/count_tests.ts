// SPDX-License-Identifier: MIT

/** What `deno test` counted. */
export interface Counts {
  passed: number;
  failed: number;
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

  let tail = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    await Deno.stdout.write(chunk);
    tail = (tail + decoder.decode(chunk, { stream: true })).slice(-4000);
  }
  const { code } = await child.status;
  const [, passed, failed] = /(\d+) passed.*?\| (\d+) failed/.exec(tail) ?? [];
  const counts = { passed: Number(passed ?? 0), failed: Number(failed ?? 0) };
  const isEmpty = counts.passed === 0 && counts.failed === 0;
  if ((code !== 0 && counts.failed === 0) || isEmpty) counts.failed = 1;
  return counts;
}

/** Prints the closing line of a test task and answers its exit code. */
export function close({ passed, failed }: Counts): number {
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}
