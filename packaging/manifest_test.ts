// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { developmentRoots, expand, flags, installedRoots, program, programs } from "./manifest.ts";

const installed = installedRoots("x86_64-linux-gnu");

Deno.test("every daemon is preloaded with the serve adapter and may call it", () => {
  const daemons = programs().filter((candidate) => candidate.name.endsWith("d"));
  assert.ok(daemons.length > 0);
  for (const daemon of daemons) {
    assert.equal(daemon.preload, "${lib}/libaziot_serve.so", daemon.name);
    assert.ok(daemon.ffi.includes("${lib}/libaziot_serve.so"), daemon.name);
  }
});

Deno.test("no program may call libc or a library outside the product's own directory", () => {
  for (const { name, ffi } of programs()) {
    for (const library of ffi) assert.match(library, /^\$\{lib\}\/libaziot_\w+\.so$/, name);
  }
});

Deno.test("keyd has neither the network nor write access nor another program", () => {
  const keyd = program("keyd");
  assert.deepEqual(flags(keyd, installed, { dev: false }), [
    "--no-prompt",
    "--unstable-no-legacy-abort",
    "--deny-import",
    "--no-remote",
    "--no-config",
    "--no-lock",
    "--no-npm",
    "--v8-flags=--max-semi-space-size=2,--max-old-space-size=64",
    "--allow-env=LISTEN_PID,LISTEN_FDS,LISTEN_FDNAMES,AZIOT_LOG,AZIOT_KEYD_CONFIG,AZIOT_KEYD_CONFIG_DIR",
    "--allow-read=/etc/aziot/keyd",
    "--allow-net=[fdac:5d5d::]:3",
    "--allow-ffi=/usr/lib/aziot/libaziot_keys_shim.so,/usr/lib/aziot/libaziot_serve.so,/usr/lib/aziot/libaziot_sys.so",
  ]);
});

Deno.test("a development run has the developer switches, any descriptor and its own paths", () => {
  const list = flags(program("aziot-keyd"), developmentRoots("/tmp/x", "/build"), { dev: true });
  assert.ok(list.includes("--allow-net=[fdac:5d5d::]"));
  assert.ok(list.includes("--allow-read=/tmp/x/etc/aziot/keyd"));
  assert.ok(list.some((flag) => flag.startsWith("--allow-env=") && flag.includes("AZIOT_LIB_DIR")));
  assert.ok(!list.includes("--no-config"));
});

Deno.test("no developer switch is granted in a package", () => {
  for (const subject of programs().filter(({ env }) => env !== true)) {
    const list = flags(subject, installed, { dev: false }).join(" ");
    assert.doesNotMatch(list, /AZIOT_DEV_|AZIOT_LIB_DIR/, subject.name);
  }
});

Deno.test("an unknown placeholder and an unknown program are refused by name", () => {
  assert.throws(() => expand("${home}/x", installed), /unknown placeholder \$\{home\}/);
  assert.throws(() => program("aziot-nothingd"), /no program aziot-nothingd; .*aziot-keyd/);
});
