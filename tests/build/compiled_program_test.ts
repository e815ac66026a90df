// SPDX-License-Identifier: MIT

/** What an executable made by `deno compile` must and must not be, one test a rule. */

import assert from "node:assert/strict";
import { installedRoots, programs } from "../../packaging/manifest.ts";
import { bakedPermissions, permissionDifferences } from "../../scripts/package/baked.ts";
import { readElf } from "../../scripts/package/elf.ts";
import { MULTIARCH } from "../../scripts/package/machine.ts";
import { withInstalled } from "./installed.ts";
import { once, run, succeed, temporaryDirectory, unpacked } from "./package_build.ts";
import { testPair } from "./test_pair.ts";

const pair = await testPair();
const ignore = pair === undefined;
const isRoot = Deno.uid() === 0;
const directory = temporaryDirectory();
const compiled = once(() => unpacked(directory, { variant: "compile" }));

Deno.test({
  name: "executables are made of a stripped stub, and were not stripped themselves",
  ignore,
  async fn() {
    const { tree } = await compiled();
    for (const { name, installPath } of programs()) {
      const bytes = await Deno.readFile(tree + installPath);
      const sections = readElf(bytes).sections.map((section) => section.name);
      assert.ok(!sections.includes(".symtab"), name);
      assert.ok(sections.includes(".note.sui"), name);
      assert.ok(bytes.length < 90_000_000, `${name} has ${bytes.length} bytes`);
    }
  },
});

Deno.test({
  name: "an executable contains its bundle once, and nothing else of npm",
  ignore,
  async fn() {
    const { tree } = await compiled();
    for (const { entry, name, installPath } of programs()) {
      const bytes = await Deno.readFile(tree + installPath);
      const payload = readElf(bytes).sections.find((section) => section.name === ".note.sui");
      assert.ok(payload);
      const text = new TextDecoder().decode(
        bytes.subarray(payload.offset, payload.offset + payload.size),
      );
      assert.ok(payload.size < 1_000_000, `${name} carries ${payload.size} bytes`);
      assert.match(text, /"node_modules":null/, name);
      assert.match(text, /"code_cache_key":null/, name);
      assert.doesNotMatch(text, /sourceMappingURL/, name);
      assert.equal(text.split(`// ${entry}\n`).length, 2, name);
    }
  },
});

Deno.test({
  name: "an executable leaves no cache behind, neither in the temporary directory nor at home",
  ignore,
  async fn() {
    const { tree } = await compiled();
    const home = `${directory}/home`;
    await Deno.mkdir(home);
    const env = { HOME: home, TMPDIR: home };
    await succeed([`${tree}/usr/bin/aziot`, "--version"], { env, clearEnv: true });
    assert.deepEqual([...Deno.readDirSync(home)], []);
    await assert.rejects(Deno.stat("/tmp/deno-compile-aziot.cache"), Deno.errors.NotFound);
  },
});

Deno.test({
  name: "an executable runs without home, environment and a way to new privileges",
  ignore: ignore || !isRoot,
  async fn() {
    const { tree } = await compiled();
    await Deno.chmod(directory, 0o755);
    const nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"];
    const command = ["setpriv", ...nobody, `${tree}/usr/bin/aziot`, "--version"];
    const said = await succeed(command, { cwd: "/", clearEnv: true });
    assert.equal(said, "aziot 2.0.0\n");
  },
});

Deno.test({
  name: "a compiled daemon may not read what the manifest does not grant",
  ignore: ignore || !isRoot,
  async fn() {
    const { tree } = await compiled();
    const script = "AZIOT_KEYD_CONFIG=/etc/hostname exec /usr/libexec/aziot/aziot-keyd --allow-all";
    const { code, stderr } = await run(withInstalled(tree, script), { env: { LD_PRELOAD: "" } });
    assert.equal(code, 1, stderr);
    assert.match(stderr, /Requires read access to "\/etc\/hostname"/);
  },
});

Deno.test({
  name: "executables for arm64 are for arm64, with the manifest's permissions inside",
  ignore,
  async fn() {
    // No stub for arm64 can be had: one for amd64 that says it were one goes through the same
    // steps, and what is written into it can be read, though not run.
    const toolchain = `${directory}/foreign-pair`;
    await Deno.mkdir(toolchain);
    await Deno.symlink(`${pair}/deno`, `${toolchain}/deno`);
    const stub = await Deno.readFile(`${pair}/denort`);
    new DataView(stub.buffer).setUint16(18, 183, true);
    await Deno.writeFile(`${toolchain}/denort`, stub, { mode: 0o755 });

    const { sources } = await compiled();
    const out = `${directory}/foreign`;
    await succeed([
      `${sources}/scripts/build`,
      ...["--variant=compile", "--arch=arm64", "--only=bin"],
      ...[`--toolchain=${toolchain}`, `--out=${out}`],
    ]);
    const roots = installedRoots(MULTIARCH.arm64);
    for (const program of programs()) {
      const path = `${out}/compile-arm64/programs${program.installPath}`;
      const bytes = await Deno.readFile(path);
      assert.equal(readElf(bytes).architecture, "arm64");
      assert.deepEqual(permissionDifferences(bakedPermissions(bytes), program, roots), []);
    }
  },
});
