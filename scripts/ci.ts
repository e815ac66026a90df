// SPDX-License-Identifier: MIT

/** What CI runs: every test task that this machine can, with one closing line over all of them. */

import { close, NONE, sum } from "./count_tests.ts";
import { summarized } from "./failures.ts";

const root = new URL("..", import.meta.url).pathname;
/** `test:system` boots machines, which needs root. */
const TASKS = ["ok", "test:build", "test:system"];

/** More than a summary of failures has. */
const TAIL = 30_000;

let total = NONE;
for (const task of TASKS) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", task],
    cwd: root,
    stdin: "null",
    stdout: "piped",
  }).spawn();
  let tail = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    await Deno.stdout.write(chunk);
    tail = (tail + decoder.decode(chunk, { stream: true })).slice(-TAIL);
  }
  const { code } = await child.status;
  const [, passed, failed] = /(\d+) passed, (\d+) failed\s*$/.exec(tail) ?? [];
  const counts = { passed: Number(passed ?? 0), failed: Number(failed ?? 0) };
  const failures = summarized(tail);
  if (code !== 0 && counts.failed === 0) {
    counts.failed = 1;
    const lines = tail.split("\n").filter((line) => line.trim() !== "").slice(-5);
    failures.push({ name: `task ${task} ended with exit code ${code}`, lines });
  }
  total = sum(total, { ...counts, failures });
}
Deno.exit(close(total));
