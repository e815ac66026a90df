// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { fakeMachine } from "./fake_machine.ts";
import { proxyWarnings, unitProxies } from "./unit_proxies.ts";

/** A machine whose installed units have these lines. */
function machineWith(units: Record<string, string>) {
  return fakeMachine({
    systemctl: (args) => {
      const shown = args.filter((arg) => arg.endsWith(".service")).map((unit) => {
        const environment = units[unit];
        const state = environment === undefined ? "not-found" : "loaded";
        return `Id=${unit}\nLoadState=${state}\nEnvironment=${environment ?? ""}\n`;
      });
      return { success: true, stdout: shown.join("\n"), stderr: "" };
    },
  });
}

Deno.test("units with a proxy beside units without one are listed", async () => {
  const machine = machineWith({
    "aziot-identityd.service": "AZIOT_LOG=INFO https_proxy=http://p:1",
    "aziot-certd.service": "AZIOT_LOG=INFO",
    "docker.service": '"HTTPS_PROXY=http://p:1"',
  });
  assert.deepEqual(await proxyWarnings(machine), [
    "an HTTPS proxy is set for aziot-identityd.service, docker.service, and none for " +
    "aziot-certd.service: set it for all or none",
  ]);
});

for (
  const [what, units] of [
    ["no unit has a proxy", { "aziot-identityd.service": "", "aziot-certd.service": "no_proxy=x" }],
    ["all have one", {
      "aziot-identityd.service": "https_proxy=a",
      "aziot-certd.service": "HTTPS_PROXY=b",
    }],
    ["none is installed", {}],
  ] as const
) {
  Deno.test(`nothing is wrong when ${what}`, async () => {
    assert.deepEqual(await proxyWarnings(machineWith(units)), []);
  });
}

Deno.test("a quoted value is the proxy whole", async () => {
  const units = { "docker.service": 'A=1 "https_proxy=http://u:p w@p:1" B=2' };
  assert.deepEqual(await unitProxies(machineWith(units)), [
    { unit: "docker.service", proxy: "http://u:p w@p:1" },
  ]);
});

Deno.test("without systemd no unit is known", async () => {
  const machine = fakeMachine({
    systemctl: () => {
      throw new Deno.errors.NotFound("no systemctl");
    },
  });
  assert.deepEqual(await unitProxies(machine), []);
});
