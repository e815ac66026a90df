// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { fakeMachine } from "../fake_machine.ts";
import { aziot } from "../main.ts";

const dropIn = (service: string) => `/etc/systemd/system/${service}.service.d/log-level.conf`;

async function inDirectory(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await use(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("the level is written for every service and systemd told", async () => {
  await inDirectory(async (files) => {
    const machine = fakeMachine({ files });
    assert.equal(await aziot(["system", "set-log-level", "debug"], machine), 0, machine.stderr);
    for (const service of ["aziot-identityd", "aziot-keyd", "aziot-certd"]) {
      const path = `${files}${dropIn(service)}`;
      assert.equal(await Deno.readTextFile(path), "[Service]\nEnvironment=AZIOT_LOG=DEBUG\n");
      assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o7777, 0o644);
    }
    assert.deepEqual(machine.calls, ["cat aziot-tpmd.socket", "daemon-reload"]);
    assert.match(
      machine.stdout,
      /^Set log level to DEBUG for all services\. Run the `aziot system/,
    );
  });
});

for (const level of ["DEBUG", "off", "loud", ""]) {
  Deno.test(`"${level}" is no level`, async () => {
    const machine = fakeMachine();
    assert.equal(await aziot(["system", "set-log-level", level], machine), 2);
    assert.match(machine.stderr, /error, warn, info, debug, trace/);
    assert.deepEqual(machine.calls, []);
  });
}

Deno.test("a file that cannot be written is named by its service", async () => {
  await inDirectory(async (files) => {
    await Deno.writeTextFile(`${files}/etc`, "");
    const machine = fakeMachine({ files });
    assert.equal(await aziot(["system", "set-log-level", "info"], machine), 1);
    assert.match(
      machine.stderr,
      /^could not write log level service override for aziot-identityd\.service\n\nCaused by:\n/,
    );
  });
});

Deno.test("systemd's refusal to reload is a failure", async () => {
  await inDirectory(async (files) => {
    const systemctl = () => ({ success: false, stdout: "", stderr: "no bus" });
    const machine = fakeMachine({ files, systemctl });
    assert.equal(await aziot(["system", "set-log-level", "info"], machine), 1);
    assert.match(machine.stderr, /no bus\ncould not run systemctl daemon-reload\n$/);
  });
});
