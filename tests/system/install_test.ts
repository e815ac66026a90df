// SPDX-License-Identifier: MIT

/** A fresh installation: what it makes, what it starts and what it does not. */

import assert from "node:assert/strict";
import { ask, machineWithPackage } from "./device_machine.ts";
import type { Machine } from "./machine.ts";

/** Path, owner, group and mode (packaging: directories and state, socket units). */
const PLACES: [path: string, owner: string, mode: string][] = [
  ["/etc/aziot", "root:root", "755"],
  ["/etc/aziot/config.toml.template", "root:root", "600"],
  ["/etc/aziot/keyd/config.toml.default", "aziotks:aziotks", "400"],
  ["/etc/aziot/certd/config.toml.default", "aziotcs:aziotcs", "400"],
  ["/etc/aziot/identityd/config.toml.default", "aziotid:aziotid", "400"],
  ["/etc/aziot/keyd/config.d", "aziotks:aziotks", "700"],
  ["/etc/aziot/certd/config.d", "aziotcs:aziotcs", "700"],
  ["/etc/aziot/identityd/config.d", "aziotid:aziotid", "700"],
  ["/var/lib/aziot", "root:root", "755"],
  ["/var/lib/aziot/keyd", "aziotks:aziotks", "700"],
  ["/var/lib/aziot/certd", "aziotcs:aziotcs", "700"],
  ["/var/lib/aziot/identityd", "aziotid:aziotid", "700"],
  ["/run/aziot", "root:root", "755"],
  ["/run/aziot/keyd.sock", "aziotks:aziotks", "660"],
  ["/run/aziot/certd.sock", "aziotcs:aziotcs", "660"],
  ["/run/aziot/identityd.sock", "aziotid:aziotid", "660"],
  ["/usr/lib/libaziot_keys.so", "root:root", "644"],
  ["/usr/lib/aziot/libaziot_serve.so", "root:root", "644"],
  ["/usr/libexec/aziot/aziot-keyd", "root:root", "755"],
  ["/usr/bin/aziot", "root:root", "755"],
];

const EXPOSURE: [unit: string, limit: number][] = [
  ["aziot-keyd.service", 0.5],
  ["aziot-certd.service", 1.4],
  ["aziot-identityd.service", 1.4],
];

Deno.test("a fresh installation is complete, and nothing runs before it is needed", async (t) => {
  await using machine = await machineWithPackage("install");

  await t.step("files, directories and sockets have their owners and modes", async () => {
    for (const [path, owner, mode] of PLACES) {
      const found = await machine.sh(`stat -L -c '%U:%G %a' ${path}`);
      assert.equal(found.trim(), `${owner} ${mode}`, path);
    }
    assert.equal((await machine.sh("readlink -f /usr/bin/aziotctl")).trim(), "/usr/bin/aziot");
  });

  await t.step("users have their groups and no shell", async () => {
    const groups = async (user: string) => (await machine.sh(`id -Gn ${user}`)).trim().split(" ");
    assert.deepEqual((await groups("aziotks")).sort(), ["aziotks"]);
    assert.deepEqual((await groups("aziotcs")).sort(), ["aziotcs", "aziotks"]);
    assert.deepEqual((await groups("aziotid")).sort(), ["aziotcs", "aziotid", "aziotks"]);
    assert.match(await machine.sh("getent passwd aziotks"), /:\/usr\/sbin\/nologin$/m);
  });

  await t.step("sockets listen and are enabled, services are neither", async () => {
    for (const service of ["keyd", "certd", "identityd"]) {
      assert.equal(await state(machine, "is-active", `aziot-${service}.socket`), "active");
      assert.equal(await state(machine, "is-enabled", `aziot-${service}.socket`), "enabled");
      assert.equal(await state(machine, "is-active", `aziot-${service}.service`), "inactive");
      assert.equal(await state(machine, "is-enabled", `aziot-${service}.service`), "disabled");
    }
  });

  await t.step("identityd without a configuration ends with a line that says so", async () => {
    await machine.run(["sh", "-c", `timeout 10 ${ask("identityd", "/trust-bundle")}`]);
    assert.match(await machine.journal("aziot-identityd.service"), /could not read config/);
    await machine.sh("systemctl stop aziot-identityd.service; systemctl reset-failed");
  });

  await t.step("units are well-formed and as closed as they say", async () => {
    for (const [unit, limit] of EXPOSURE) {
      const verified = await machine.run(["systemd-analyze", "verify", "--man=no", unit]);
      assert.equal(verified.stderr + verified.stdout, "", unit);
      const text = await machine.sh(`systemd-analyze security --no-pager ${unit} | tail -1`);
      const score = Number(/: (\d+\.\d+)/.exec(text)?.[1]);
      assert.ok(score <= limit, `${unit}: ${text}`);
    }
  });
});

async function state(machine: Machine, question: string, unit: string): Promise<string> {
  return (await machine.run(["systemctl", question, unit])).stdout.trim();
}
