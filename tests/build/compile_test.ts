// SPDX-License-Identifier: MIT

/** The compile variant: every program an executable with its permissions inside. */

import assert from "node:assert/strict";
import { installedRoots, type Program, programs } from "../../packaging/manifest.ts";
import { bakedPermissions, permissionDifferences } from "../../scripts/package/baked.ts";
import { checkWithLintian } from "../../scripts/package/checks.ts";
import { compileArguments } from "../../scripts/package/compile.ts";
import { readElf } from "../../scripts/package/elf.ts";
import { MULTIARCH } from "../../scripts/package/machine.ts";
import { activate, withInstalled } from "./installed.ts";
import { commonContent } from "./package_content.ts";
import {
  assertReproducible,
  contents,
  once,
  PACKAGE,
  packageIn,
  ROOT,
  run,
  succeed,
  temporaryDirectory,
  unpacked,
} from "./package_build.ts";
import { testPair } from "./test_pair.ts";

const pair = await testPair();
const ignore = pair === undefined;
const isRoot = Deno.uid() === 0;
const directory = temporaryDirectory();
const roots = installedRoots(MULTIARCH.amd64);
const args = ["--variant=compile", `--toolchain=${pair}`];
const compiled = once(() => unpacked(directory, { variant: "compile" }));

Deno.test({
  name: "the compile variant has the same files, and no runtime, bundles or launchers",
  ignore,
  async fn() {
    const { path, said } = await compiled();
    const found = await contents(path);
    assert.deepEqual([...found].sort(), [...commonContent()].sort());
    assert.match(path, /_2\.0\.0-1~test_amd64\.deb$/);
    assert.match(said, /for tests, not to be shipped/);
  },
});

for (const program of programs()) {
  Deno.test({
    name: `${program.name} is an executable with exactly the manifest's permissions inside`,
    ignore,
    async fn() {
      const { tree } = await compiled();
      const bytes = await Deno.readFile(tree + program.installPath);
      assert.equal(readElf(bytes).architecture, "amd64");
      assert.deepEqual(permissionDifferences(bakedPermissions(bytes), program, roots), []);
    },
  });
}

Deno.test({
  name: "a permission more, less or different in an executable is noticed",
  ignore,
  async fn() {
    const { tree } = await compiled();
    const [program] = programs();
    assert.ok(program);
    const baked = bakedPermissions(await Deno.readFile(tree + program.installPath));
    const changed: Partial<Program>[] = [
      { read: ["/etc"] },
      { run: ["/bin/sh"] },
      { net: [] },
      { ffi: program.ffi.slice(1) },
      { sys: true },
      { v8Flags: [] },
    ];
    for (const change of changed) {
      assert.equal(
        permissionDifferences(baked, { ...program, ...change }, roots).length,
        // A program without V8 flags has nothing to compare.
        "v8Flags" in change ? 0 : 1,
        JSON.stringify(change),
      );
    }
  },
});

Deno.test({
  name: "the compiled packages are the same from another directory, byte for byte",
  ignore,
  async fn() {
    await assertReproducible(await compiled(), directory);
  },
});

Deno.test({
  name: "lintian has nothing to say of the compiled packages",
  ignore,
  async fn() {
    const { directory: out, path } = await compiled();
    await checkWithLintian([path, await packageIn(out, `${PACKAGE}-dbgsym`)]);
  },
});

Deno.test({
  name: "a stub with a program inside, and one of another version, are refused",
  ignore,
  async fn() {
    const { tree } = await compiled();
    for (
      const [stub, complaint] of [
        [`${tree}/usr/bin/aziot`, /it contains a program already/],
        // The build's own compiler is of another version than the pair.
        [`${pair}/denort`, /of version 2\.9\.4, the compiler is 2\.9\.6/],
      ] as const
    ) {
      const options = ["--variant=compile", `--denort=${stub}`, `--out=${directory}/stub`];
      const { code, stderr } = await run([`${ROOT}/scripts/build`, ...options]);
      assert.equal(code, 4, stderr);
      assert.match(stderr, complaint);
    }
  },
});

Deno.test({
  name: "for arm64 an amd64 stub is refused, and the command says the manifest's permissions",
  ignore,
  async fn() {
    const options = ["--arch=arm64", `--out=${directory}/foreign`];
    const { code, stderr } = await run([`${ROOT}/scripts/build`, ...args, ...options]);
    assert.equal(code, 4, stderr);
    assert.match(stderr, /a stub for amd64, not for arm64/);
    const foreign = installedRoots(MULTIARCH.arm64);
    for (const program of programs()) {
      const command = compileArguments(program, foreign, "/out");
      for (const kind of ["env", "read", "write", "net", "run", "sys", "ffi"] as const) {
        const grant = program[kind];
        const flag = command.find((word) => word.startsWith(`--allow-${kind}`));
        const wanted = grant === true || grant.length > 0;
        assert.equal(flag !== undefined, wanted, `${program.name} ${kind}`);
      }
      assert.ok(!command.some((word) => /^-A$|--allow-all/.test(word)));
    }
  },
});

Deno.test({
  name: "the compiled tool runs, and takes its caller's arguments for its own only",
  ignore,
  async fn() {
    const { tree } = await compiled();
    const tool = `${tree}/usr/bin/aziot`;
    assert.equal(await succeed([tool, "--version"]), "aziot 2.0.0\n");
    const { code, stderr } = await run([tool, "--allow-all"], {
      env: { DENO_V8_FLAGS: "--help", NODE_OPTIONS: "--help" },
    });
    assert.equal(code, 2);
    assert.match(stderr, /--allow-all/);
  },
});

Deno.test({
  name: "a compiled daemon without the serve adapter ends with 1 and names LD_PRELOAD",
  ignore: ignore || !isRoot,
  async fn() {
    const { tree } = await compiled();
    const socket = `${directory}/unloaded.sock`;
    const command = `${activate("aziot-keyd.socket", socket)} /usr/libexec/aziot/aziot-keyd`;
    const { code, stderr } = await run(withInstalled(tree, `exec ${command}`));
    assert.equal(code, 1, stderr);
    assert.match(stderr, /LD_PRELOAD/);
  },
});
