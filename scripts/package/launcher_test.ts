// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { developmentRoots, type Program, program } from "../../packaging/manifest.ts";
import { launcher } from "./launcher.ts";

/** Lays out a launcher whose runtime prints its environment and arguments, and runs it. */
async function started(
  subject: Program,
  args: string[],
  env: Record<string, string>,
): Promise<{ environment: string[]; words: string[] }> {
  const directory = await Deno.makeTempDir();
  try {
    const roots = developmentRoots(directory, `${directory}/lib`);
    await Deno.mkdir(roots.lib);
    await Deno.writeTextFile(
      `${roots.lib}/deno`,
      '#!/bin/sh\nenv | sed "s/^/env:/"\nfor word; do echo "word:$word"; done\n',
      { mode: 0o755 },
    );
    const script = launcher({ ...subject, preload: undefined }, roots);
    await Deno.writeTextFile(`${directory}/launcher`, script, { mode: 0o755 });
    const { stdout, success } = await new Deno.Command(`${directory}/launcher`, {
      args,
      env: { PATH: "/usr/bin:/bin", ...env },
      clearEnv: true,
      stderr: "null",
    }).output();
    assert.ok(success);
    const lines = new TextDecoder().decode(stdout).split("\n");
    const of = (kind: string) =>
      lines.filter((line) => line.startsWith(kind)).map((line) => line.slice(kind.length));
    return { environment: of("env:"), words: of("word:") };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("a tool's launcher lets nothing of its caller's environment reach the runtime", async () => {
  const { environment } = await started(program("aziot"), [], {
    DENO_V8_FLAGS: "--jitless",
    DENO_PERMISSION_BROKER_PATH: "/tmp/broker",
    DENO_CERT: "with\nDENO_DIR=/second/line",
    NODE_OPTIONS: "--import /tmp/evil.js",
    NODE_DEBUG: "*",
    NODE_CHANNEL_FD: "1",
    NPM_CONFIG_REGISTRY: "http://evil",
    npm_config_cache: "/tmp/evil",
    HOME: "/root",
  });
  assert.deepEqual(environment.filter((line) => /^(DENO|NODE|NPM|npm)_/.test(line)).sort(), [
    "DENO_DIR=/dev/null",
    "DENO_LOG=info,deno::cache::cache_db=off",
    "DENO_NO_PACKAGE_JSON=1",
    "DENO_NO_PROMPT=1",
    "DENO_NO_UPDATE_CHECK=1",
  ]);
  assert.ok(environment.includes("HOME=/root"));
});

Deno.test("a launcher passes arguments on as they are, behind the program", async () => {
  const args = ["config", "apply", "-c", "a file", "", "--", "$HOME", "--allow-all"];
  const { words } = await started(program("aziot"), args, {});
  const main = words.findIndex((word) => word.endsWith("/aziot.js"));
  assert.deepEqual(words.slice(main + 1), args);
  assert.equal(words[0], "run");
  assert.ok(words.slice(0, main).every((word) => word !== "--allow-all"));
});

Deno.test("a daemon's launcher loads the adapter last, right before the runtime", () => {
  const roots = developmentRoots("", "/usr/lib/aziot");
  const lines = launcher(program("keyd"), roots).split("\n");
  const at = lines.indexOf("export LD_PRELOAD=/usr/lib/aziot/libaziot_serve.so");
  assert.match(lines[at + 1] ?? "", /^exec /);
  assert.ok(!lines.some((line) => line.includes("$(")));
});

Deno.test("words that the shell would take apart are quoted", () => {
  const roots = developmentRoots("/a dir", "/lib");
  const script = launcher({ ...program("keyd"), read: ["/it's"] }, roots);
  assert.ok(script.includes(`'--allow-read=/it'\\''s'`));
  assert.ok(script.includes(`'--allow-net=[fdac:5d5d::]:3'`));
});

Deno.test("a tool's launcher has a subcommand's code read only when it is called", async () => {
  const { words } = await started(program("aziot"), [], {});
  assert.ok(words.includes("--unstable-lazy-dynamic-imports"));
});
