// SPDX-License-Identifier: MIT

import { deepEqual, equal, match, throws } from "node:assert/strict";
import { libraryPath } from "./library_path.ts";
import { openServe } from "./serve.ts";

/** What a program prints that opens the control functions and is given no more than it says. */
async function run(source: string, flags: string[]): Promise<string> {
  const module = new URL("./serve.ts", import.meta.url).href;
  const program = `import { openServe } from "${module}";\n${source}`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--no-check",
      ...flags,
      `data:text/javascript,${encodeURIComponent(program)}`,
    ],
    env: { AZIOT_LIB_DIR: directory, NO_COLOR: "1" },
  }).output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

const READ = "--allow-env=AZIOT_LIB_DIR";
const library = libraryPath("libaziot_serve.so");
const directory = libraryPath("").replace(/\/$/, "");

// Outside the tests: a library that a test loads counts as leaked, and ours are never closed.
const adapter = openServe();

Deno.test("without the preloaded adapter no listener is adopted", () => {
  equal(adapter.adopted(), 0);
});

Deno.test("numbers that name no connection are answered as if it were closed", () => {
  for (const connection of [0, -1, 65_536, 2 ** 32 + 5, 1.5, NaN, 77]) {
    equal(adapter.shut(connection), false);
    equal(adapter.sent(connection), -1);
  }
  equal(adapter.refused(), undefined);
  equal(adapter.sweep(60, 30), 0);
});

Deno.test("limits of descriptors and numbers that cannot be are refused", () => {
  const rows = [[9999, 1, 1], [-1, 1, 1], [70_000, 1, 1], [0, -1, 1], [0, 1, -1], [0, 1.5, 1]];
  for (const [descriptor = 0, all = 0, perUid = 0] of rows) {
    throws(() => adapter.limits(descriptor, all, perUid), RangeError);
  }
  throws(() => adapter.limits(0, 2 ** 32 + 5, 1), RangeError);
});

Deno.test("opening gives up the permission to open the library again", async () => {
  const source = `openServe();
    try { openServe(); } catch (error) { console.log(error.name); }
    console.log(Deno.permissions.querySync({ name: "ffi" }).state);`;
  equal(await run(source, [READ, `--allow-ffi=${library}`]), "NotCapable\nprompt\n");
});

Deno.test("a library that is not there or not allowed is named in the error", async () => {
  match(await run("openServe();", [READ]), /NotCapable.*libaziot_serve\.so/);
  match(
    await run("openServe();", ["--allow-ffi=/usr/lib/aziot/libaziot_serve.so"]),
    /\/usr\/lib\/aziot\/libaziot_serve\.so/,
  );
});

/** Runs the C cases of one build, each of them a step. */
async function runCases(t: Deno.TestContext, build: string): Promise<void> {
  const { stdout, stderr, code } = await new Deno.Command(`${build}/tests/serve_cases`).output();
  const details = new TextDecoder().decode(stderr);
  for (const line of new TextDecoder().decode(stdout).trim().split("\n")) {
    const [outcome, name] = [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)];
    await t.step({ name, ignore: outcome === "skipped", fn: () => equal(outcome, "ok", details) });
  }
  deepEqual({ code, details }, { code: 0, details: "" });
}

Deno.test("the rules of the adapter hold", (t) => runCases(t, directory));
Deno.test("the rules of the adapter hold under the sanitizers", (t) => {
  return runCases(t, `${directory}-asan`);
});

Deno.test("the library exports what it stands in front of and the control functions", async () => {
  const { stdout } = await new Deno.Command("/usr/bin/nm", {
    args: ["--dynamic", "--defined-only", "--format=just-symbols", library],
  }).output();
  deepEqual(new TextDecoder().decode(stdout).trim().split("\n").sort(), [
    "accept4",
    "aziot_serve_adopted",
    "aziot_serve_busy",
    "aziot_serve_limits",
    "aziot_serve_refused",
    "aziot_serve_sent",
    "aziot_serve_shut",
    "aziot_serve_sweep",
    "bind",
    "close",
    "epoll_ctl",
    "getpeername",
    "getsockname",
    "listen",
    "recv",
    "send",
    "shutdown",
    "socket",
    "writev",
  ]);
});
