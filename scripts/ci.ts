// SPDX-License-Identifier: MIT

/** What CI runs: every test task that this machine can, with one closing line over all of them. */

import { close } from "./count_tests.ts";

const root = new URL("..", import.meta.url).pathname;
/** `test:system` boots machines, which needs root. */
const TASKS = ["ok", "test:build", "test:system"];

const total = { passed: 0, failed: 0 };
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
    tail = (tail + decoder.decode(chunk, { stream: true })).slice(-400);
  }
  const { code } = await child.status;
  const [, passed, failed] = /(\d+) passed, (\d+) failed\s*$/.exec(tail) ?? [];
  total.passed += Number(passed ?? 0);
  total.failed += Number(failed ?? 0);
  if (code !== 0 && !Number(failed)) total.failed += 1;
}
Deno.exit(close(total));
