// SPDX-License-Identifier: MIT

/** The package for arm64, built on another machine: its files, and its programs under emulation. */

import assert from "node:assert/strict";
import { checkSizes, checkWithLintian } from "../../scripts/package/checks.ts";
import { readElf } from "../../scripts/package/elf.ts";
import { exists } from "../../scripts/package/paths.ts";
import { copySources } from "../../scripts/package/source_copy.ts";
import { arm64Sysroot } from "../../scripts/package/sysroot.ts";
import { keysClient } from "../../services/keyd/client.ts";
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
const arm64 = once(() => unpacked(directory, { variant: "shared", arch: "arm64" }));

/** Emulated, V8 is quicker without its compilers. */
const RUN = [
  ..."run --cached-only --no-config --no-lock --no-npm --no-remote --no-prompt".split(" "),
  ..."--unstable-no-legacy-abort --v8-flags=--jitless,--single-threaded --allow-all".split(" "),
];

Deno.test("the package for arm64 has the same files as the one for amd64", async () => {
  const { path } = await arm64();
  const found = await contents(path);
  const wanted = new Map([...commonContent(), ...sharedContent()]);
  for (const name of wanted.keys()) assert.equal(found.get(name), wanted.get(name), name);
  assert.equal(await field(path, "Architecture"), "arm64");
  assert.match(await field(path, "Depends"), /libc6 \(>= .*libssl3 \(>= /);
});

Deno.test("every program and library in it is for arm64", async () => {
  const { tree } = await arm64();
  const found = await succeed(["find", `${tree}/usr`, "-type", "f", "-name", "*.so"]);
  for (const path of [...found.trim().split("\n"), `${tree}/usr/lib/aziot/deno`]) {
    assert.equal(readElf(await Deno.readFile(path)).architecture, "arm64", path);
  }
});

Deno.test("lintian has nothing to say of the packages for arm64, whose size is allowed", async () => {
  const { directory: out, path } = await arm64();
  await checkWithLintian([path, await packageIn(out, `${PACKAGE}-dbgsym`)]);
  await checkSizes(path, "shared", "gzip");
});

Deno.test("the packages for arm64 are the same from another directory, byte for byte", async () => {
  await assertReproducible(await arm64(), directory);
});

Deno.test("the tool runs under emulation", async () => {
  const { tree } = await arm64();
  const { directory: sysroot } = await arm64Sysroot();
  const lib = `${tree}/usr/lib/aziot`;
  const emulator = ["qemu-aarch64-static", "-L", sysroot];
  const version = await succeed([
    ...emulator,
    `${lib}/deno`,
    ...RUN,
    `${lib}/aziot.js`,
    "--version",
  ]);
  assert.equal(version, "aziot 2.0.0\n");
});

Deno.test("the Keys Service starts on a passed socket and signs under emulation", async () => {
  const { tree } = await arm64();
  const { directory: sysroot } = await arm64Sysroot();
  const lib = `${tree}/usr/lib/aziot`;
  const work = `${directory}/keyd`;
  await Deno.mkdir(`${work}/home/keys`, { recursive: true });
  await Deno.writeTextFile(
    `${work}/config.toml`,
    `[aziot_keys]\nhomedir_path = "${work}/home"\n\n[[principal]]\nuid = ${Deno.uid()}\nkeys = ["*"]\n`,
  );
  // The emulator looks for absolute paths in the sysroot: libraries come from one directory.
  const libraries = `${work}/lib`;
  await succeed(["cp", "-r", lib, libraries]);
  await Deno.copyFile(`${tree}/usr/lib/libaziot_keys.so`, `${libraries}/libaziot_keys.so`);

  const socket = `${work}/keyd.sock`;
  const daemon = new Deno.Command(`${Deno.env.get("AZIOT_LIB_DIR")}/activate`, {
    args: [
      `aziot-keyd.socket=${socket}:0600`,
      "--",
      "/usr/bin/qemu-aarch64-static",
      ...["-L", sysroot, "-E", `LD_PRELOAD=${libraries}/libaziot_serve.so`],
      `${lib}/deno`,
      ...RUN,
      `${lib}/aziot-keyd.js`,
    ],
    env: {
      AZIOT_LIB_DIR: libraries,
      AZIOT_KEYD_CONFIG: `${work}/config.toml`,
      AZIOT_KEYD_CONFIG_DIR: `${work}/config.d`,
      DENO_DIR: "/dev/null",
      DENO_NO_UPDATE_CHECK: "1",
    },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const log = new Response(daemon.stderr).text();
  let ended: Deno.CommandStatus | undefined;
  const status = daemon.status.then((value) => ended = value);
  try {
    while (ended === undefined && !await exists(socket)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    // Emulated on a busy machine it takes its time to start; until then the socket keeps callers.
    const keys = keysClient({ socket, timeoutMs: 300_000 });
    const key = await keys.createKeyIfNotExists("emulated", "sign");
    const mac = await keys.signHmacSha256(key, new TextEncoder().encode("message"));
    assert.equal(mac.length, 32);
  } finally {
    if (ended === undefined) daemon.kill("SIGTERM");
    await status;
  }
  assert.equal(ended?.code, 0, await log);
});

Deno.test("without the arm64 runtime the build ends with status 3 and names it", async () => {
  const copy = `${directory}/no-npm`;
  const closed = Deno.uid() === 0 ? ["unshare", "--net"] : ["unshare", "--net", "--map-root-user"];
  // A copy of the sources and an empty cache of npm, since here the runtime is in both.
  await copySources(copy);
  await Deno.remove(`${copy}/.toolchain`);
  const command = [Deno.execPath(), "run", "-A", "--cached-only"];
  command.push(`${copy}/scripts/package/main.ts`);
  const { code, stderr } = await run([
    ...closed,
    ...command,
    "--variant=shared",
    "--arch=arm64",
    `--out=${copy}/out`,
  ], { env: { npm_config_cache: `${copy}/npm`, npm_config_fetch_retries: "0" } });
  assert.equal(code, 3, stderr);
  assert.match(stderr, /the runtime for arm64, npm package @deno\/linux-arm64-glibc@2\.9\.6/);
  assert.match(stderr, /--deno=PATH/);
});
