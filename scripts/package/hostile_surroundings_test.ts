// SPDX-License-Identifier: MIT

/**
 * Root runs the tool wherever root happens to be: no file of the working directory or the home, and
 * nothing of the environment, decides what it executes.
 */

import assert from "node:assert/strict";
import { developmentRoots, program } from "../../packaging/manifest.ts";
import { bundleProgram } from "./bundles.ts";
import { launcher } from "./launcher.ts";

/** A file that shows by `marker` that it was executed. */
const evilScript = (marker: string) => `#!/bin/sh\n: > ${marker}\n`;
const evilModule = (marker: string) =>
  `Deno.writeTextFileSync(${JSON.stringify(marker)}, "");\nexport default {};\n`;

/** What is found by those who look for configuration, modules or programs in a directory. */
async function fill(directory: string, marker: string): Promise<void> {
  const evil = evilModule(marker);
  const configuration = JSON.stringify({
    imports: {
      "node:fs": "./evil.js",
      "node:process": "./evil.js",
      "node:module": "./evil.js",
      "node:tty": "./evil.js",
    },
    tasks: { aziot: "./evil.js" },
    preload: ["./evil.js"],
    nodeModulesDir: "auto",
  });
  const files: [path: string, content: string][] = [
    ["evil.js", evil],
    ["aziot", evil],
    ["aziot.js", evil],
    ["main.js", evil],
    ["deno.json", configuration],
    ["deno.jsonc", configuration],
    ["deno.lock", "{"],
    ["import_map.json", configuration],
    ["package.json", '{"name":"aziot","type":"commonjs","main":"evil.js","bin":"evil.js"}'],
    [
      ".env",
      "DENO_V8_FLAGS=--no-such-flag\nNODE_OPTIONS=--import ./evil.js\nHTTPS_PROXY=http://evil\n",
    ],
    [".npmrc", "registry=http://127.0.0.1:9/\n"],
    [".nodeenv", "./evil.js\n"],
    ["node_modules/commander/package.json", '{"name":"commander","main":"index.js"}'],
    ["node_modules/commander/index.js", evil],
    ["node_modules/valibot/package.json", '{"name":"valibot","main":"index.js"}'],
    ["node_modules/valibot/index.js", evil],
    ["libaziot_sys.so", "no library"],
    ["libaziot_tls.so", "no library"],
  ];
  for (const [path, content] of files) {
    await Deno.mkdir(`${directory}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${directory}/${path}`, content);
  }
  for (const name of ["env", "sed", "sh", "deno", "systemctl", "journalctl", "id"]) {
    await Deno.writeTextFile(`${directory}/${name}`, evilScript(marker), { mode: 0o755 });
  }
}

/** The tool as the shared variant installs it, below a directory of its own. */
async function install(directory: string): Promise<string> {
  const roots = developmentRoots(directory, `${directory}/lib`);
  const tool = program("aziot");
  const { main, chunks } = await bundleProgram(tool, `${directory}/scratch`);
  await Deno.mkdir(`${roots.lib}/${tool.name}`, { recursive: true });
  await Deno.symlink(Deno.execPath(), `${roots.lib}/deno`);
  await Deno.writeTextFile(`${roots.lib}/${tool.name}.js`, main);
  for (const [path, content] of chunks) await Deno.writeTextFile(`${roots.lib}/${path}`, content);
  const path = `${directory}/${tool.name}`;
  await Deno.writeTextFile(path, launcher(tool, roots), { mode: 0o755 });
  return path;
}

Deno.test("nothing that surrounds the tool decides what it executes", async (t) => {
  const directory = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${directory}/product`);
    const tool = await install(`${directory}/product`);
    const evil = `${directory}/evil`;
    const marker = `${directory}/executed`;
    await fill(evil, marker);
    const before = await tree(evil);
    const surroundings = {
      PATH: `${evil}:.:/usr/bin:/bin`,
      HOME: evil,
      XDG_CACHE_HOME: `${evil}/cache`,
      XDG_CONFIG_HOME: evil,
      DENO_DIR: `${evil}/cache`,
      DENO_V8_FLAGS: "--no-such-flag",
      DENO_CERT: `${evil}/evil.js`,
      DENO_PERMISSION_BROKER_PATH: `${evil}/broker`,
      DENO_CONFIG: `${evil}/deno.json`,
      DENO_INSTALL_ROOT: evil,
      DENO_NPM_REGISTRY: "http://127.0.0.1:9",
      NODE_OPTIONS: `--import ${evil}/evil.js`,
      NODE_PATH: `${evil}/node_modules`,
      NODE_DEBUG: "*",
      NODE_CHANNEL_FD: "1",
      NODE_V8_COVERAGE: evil,
      NPM_CONFIG_USERCONFIG: `${evil}/.npmrc`,
      ENV: `${evil}/env`,
      BASH_ENV: `${evil}/env`,
      AZIOT_DEV_TIME_SCALE: "1",
    };
    const run = async (args: string[], more: Record<string, string> = {}) => {
      const { code, stdout, stderr } = await new Deno.Command(tool, {
        args,
        cwd: evil,
        env: { ...surroundings, ...more },
        clearEnv: true,
        stdin: "null",
      }).output();
      const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      return { code, stdout: text(stdout), stderr: text(stderr) };
    };

    await t.step("a plain command", async () => {
      assert.deepEqual(await run(["--version"]), { code: 0, stdout: "aziot 2.0.0\n", stderr: "" });
    });
    await t.step("a command with code of its own and libraries", async () => {
      const output = `${directory}/output`;
      await Deno.mkdir(output);
      const words = ["init", "--non-interactive", "--output-dir", output, "--provisioning", "none"];
      const ended = await run([...words, "--uids", "ks=1,cs=2,id=3,tpm=4"]);
      assert.equal(ended.code, 0, ended.stderr);
      await Deno.stat(`${output}/etc/aziot/keyd/config.d/00-super.toml`);
    });
    await t.step("a command that starts programs of the system", async () => {
      const ended = await run(["system", "status"]);
      assert.doesNotMatch(ended.stderr, /allow-run/);
    });
    await t.step("a library from another place is not loaded", async () => {
      const config = `${directory}/config.toml`;
      await Deno.writeTextFile(config, 'hostname = "x"\n[provisioning]\nsource = "none"\n');
      const ended = await run(["config", "apply", "-c", config], { AZIOT_LIB_DIR: evil });
      assert.notEqual(ended.code, 0);
      // Who is not root is refused before.
      const expected = Deno.uid() === 0 ? `${evil}/libaziot_sys.so` : "root";
      assert.ok(ended.stderr.includes(expected), ended.stderr);
      assert.doesNotMatch(ended.stderr, /invalid ELF header|file too short/);
    });

    await assert.rejects(Deno.stat(marker), Deno.errors.NotFound, "something was executed");
    assert.deepEqual(await tree(evil), before, "something was left behind");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

async function tree(directory: string): Promise<string[]> {
  const { stdout } = await new Deno.Command("find", { args: [directory], env: { LC_ALL: "C" } })
    .output();
  return new TextDecoder().decode(stdout).trim().split("\n").sort();
}
