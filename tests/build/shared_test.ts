// SPDX-License-Identifier: MIT

/** The shared variant for this machine: one runtime, a bundle and a launcher a program. */

import assert from "node:assert/strict";
import { expand, flags, installedRoots, programs } from "../../packaging/manifest.ts";
import runtime from "../../packaging/runtime.json" with { type: "json" };
import { checkSizes, checkWithLintian } from "../../scripts/package/checks.ts";
import { runtimeFlags } from "../../scripts/package/launcher.ts";
import { MULTIARCH, ownArchitecture } from "../../scripts/package/machine.ts";
import { commonContent, sharedContent } from "./package_content.ts";
import {
  assertReproducible,
  contents,
  field,
  once,
  PACKAGE,
  packageIn,
  run,
  succeed,
  temporaryDirectory,
  unpacked,
} from "./package_build.ts";

const directory = temporaryDirectory();
const arch = ownArchitecture();
const roots = installedRoots(MULTIARCH[arch]);
const shared = once(() => unpacked(directory, { variant: "shared" }));

Deno.test("the package has every file of the list with its mode, and no other", async () => {
  const found = await contents((await shared()).path);
  const wanted = new Map([...commonContent(), ...sharedContent()]);
  // What the tool loads only when needed is named by the bundler.
  for (const path of found.keys()) {
    if (/^\/usr\/lib\/aziot\/aziot\/[\w-]+\.js$/.test(path)) wanted.set(path, "0644 root/root");
  }
  assert.deepEqual([...found].sort(), [...wanted].sort());
});

Deno.test("the package asks for what it needs and conflicts with IoT Edge 1.1 only", async () => {
  const { path } = await shared();
  const depends = await field(path, "Depends");
  for (const wanted of ["libc6 (>= ", "libssl3 (>= ", "systemd | ", "openssl", "ca-certificates"]) {
    assert.ok(depends.includes(wanted), `${wanted} is not in ${depends}`);
  }
  assert.equal(await field(path, "Conflicts"), "iotedge, libiothsm-std");
  for (const name of ["Pre-Depends", "Replaces", "Provides", "Recommends", "Breaks"]) {
    assert.equal(await field(path, name), "", name);
  }
});

Deno.test("the version is an upgrade from the product that it takes the place of", async () => {
  const { path } = await shared();
  await succeed(["dpkg", "--compare-versions", await field(path, "Version"), "gt", "1.6.0-1"]);
});

Deno.test("files below /etc are configuration files, and nothing that is written later is", async () => {
  const { path } = await shared();
  const control = `${directory}/control`;
  await succeed(["dpkg-deb", "-e", path, control]);
  const conffiles = (await Deno.readTextFile(`${control}/conffiles`)).trim().split("\n").sort();
  assert.deepEqual(conffiles, [
    "/etc/aziot/certd/config.toml.default",
    "/etc/aziot/config.toml.template",
    "/etc/aziot/identityd/config.toml.default",
    "/etc/aziot/keyd/config.toml.default",
  ]);
});

for (const program of programs()) {
  Deno.test(`the launcher of ${program.name} gives exactly the manifest's permissions`, async () => {
    const { tree } = await shared();
    const script = await Deno.readTextFile(tree + program.installPath);
    const words = script.slice(script.indexOf("exec")).split(/\s+(?:\\\n\s*)?/).map((word) =>
      word.replace(/^'|'$/g, "")
    );
    assert.deepEqual(words.filter((word) => word.startsWith("--")), [
      "--cached-only",
      ...runtimeFlags(program),
      ...flags(program, roots, { dev: false }),
    ]);
    const { preload } = program;
    const line = preload === undefined ? undefined : `export LD_PRELOAD=${expand(preload, roots)}`;
    assert.equal(script.split("\n").find((text) => text.includes("LD_PRELOAD")), line);
  });

  // A daemon without a socket has nothing to serve: it ends, saying which unit passes it one.
  Deno.test(`${program.name} runs without network, home and cache`, async () => {
    const { tree } = await shared();
    const main = `${tree}/usr/lib/aziot/${program.name}.js`;
    const daemon = program.preload !== undefined;
    const command = [
      ...Deno.uid() === 0 ? ["unshare", "--net"] : ["unshare", "--net", "--map-root-user"],
      ...[`${tree}/usr/lib/aziot/deno`, "run", "--cached-only"],
      ...flags(program, { ...roots, lib: `${tree}/usr/lib/aziot` }, { dev: false }),
      main,
      ...daemon ? [] : ["--version"],
    ];
    const env = { DENO_DIR: "/dev/null", DENO_NO_UPDATE_CHECK: "1" };
    const ended = await run(command, { cwd: "/", env, clearEnv: true });
    if (daemon) {
      assert.equal(ended.code, 1, ended.stderr);
      assert.match(ended.stderr, /Starting service\.\.\./);
    } else {
      assert.deepEqual(ended, { code: 0, stdout: "aziot 2.0.0\n", stderr: "" });
    }
  });
}

Deno.test("no bundle says where it was built", async () => {
  const { sources, tree } = await shared();
  const files = (await succeed(["find", `${tree}/usr/lib/aziot`, "-name", "*.js"])).trim();
  for (const file of files.split("\n")) {
    const source = await Deno.readTextFile(file);
    assert.ok(!source.includes(sources), `${file} names ${sources}`);
    assert.doesNotMatch(source, /^\/\/ (?:\.\.\/|\/)/m, file);
    assert.doesNotMatch(source, /\/npm\/[^/\s]+\/(?:@[^/\s]+\/)?[^/\s]+\/\d/, file);
  }
});

Deno.test("the runtime is the pinned one, unchanged", async () => {
  const { tree } = await shared();
  const [sum] = (await succeed(["sha256sum", `${tree}/usr/lib/aziot/deno`])).split(" ");
  assert.equal(sum, runtime.packages[arch].sha256);
});

Deno.test("the libraries are hardened, stripped, and have debug information in a package", async () => {
  const { directory: out, tree } = await shared();
  const debug = `${directory}/debug`;
  await succeed(["dpkg-deb", "-x", await packageIn(out, `${PACKAGE}-dbgsym`), debug]);
  const names = [
    "libaziot_keys.so",
    ...["sys", "serve", "keys_shim", "tls"].map((name) => `aziot/libaziot_${name}.so`),
  ];
  for (const name of names) {
    const path = `${tree}/usr/lib/${name}`;
    const notes = await succeed(["readelf", "--wide", "--notes", "--dynamic", "--sections", path]);
    assert.match(notes, /BIND_NOW|FLAGS_1.*NOW/, name);
    assert.doesNotMatch(notes, /\.symtab|\.debug_info/, name);
    const [, id = ""] = /Build ID: (\w+)/.exec(notes) ?? [];
    await Deno.stat(`${debug}/usr/lib/debug/.build-id/${id.slice(0, 2)}/${id.slice(2)}.debug`);
  }
});

Deno.test("libaziot_keys.so exports one function", async () => {
  const { tree } = await shared();
  const library = `${tree}/usr/lib/libaziot_keys.so`;
  const symbols = await succeed(["nm", "--dynamic", "--defined-only", library]);
  const names = symbols.trim().split("\n").map((line) => line.split(" ").at(-1));
  assert.deepEqual(names.filter((name) => !name?.startsWith("_")), [
    "aziot_keys_get_function_list",
  ]);
});

Deno.test("lintian has nothing to say of the packages", async () => {
  const { directory: out, path } = await shared();
  await checkWithLintian([path, await packageIn(out, `${PACKAGE}-dbgsym`)]);
});

Deno.test("the package is no larger than allowed once it is installed", async () => {
  await checkSizes((await shared()).path, "shared", "gzip");
});

Deno.test("a build in another directory gives the same packages, byte for byte", async () => {
  await assertReproducible(await shared(), directory);
});
