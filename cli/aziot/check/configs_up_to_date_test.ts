// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { CONFIGS_UP_TO_DATE } from "./configs_up_to_date.ts";
import { configFile, type FakeDevice, onDevice, told } from "./fake_device.ts";

const SUPER = "/etc/aziot/config.toml";

async function applied({ write, files }: FakeDevice): Promise<void> {
  await write(SUPER, "");
  for (const service of ["keyd", "certd", "identityd"]) await write(configFile(service), "");
  await Deno.utime(`${files}${SUPER}`, 1000, 1000);
}

Deno.test("a configuration that was applied is up to date", async () => {
  await onDevice(async (device) => {
    await applied(device);
    assert.equal(told(await device.find(CONFIGS_UP_TO_DATE)), "ok");
  });
});

Deno.test("a device without a configuration has none to apply", async () => {
  await onDevice(async ({ find }) => {
    assert.equal(told(await find(CONFIGS_UP_TO_DATE)), "ignored");
  });
});

for (
  const [program, edge] of [["aziot", undefined], [
    "iotedge",
    "/etc/aziot/edged/config.toml",
  ]] as const
) {
  Deno.test(`a changed configuration is to be applied with ${program}`, async () => {
    await onDevice(async (device) => {
      await applied(device);
      if (edge !== undefined) await device.write(edge, "");
      const path = configFile("certd");
      await Deno.utime(`${device.files}${path}`, 900, 900);
      assert.equal(
        told(await device.find(CONFIGS_UP_TO_DATE)),
        "warning\n/etc/aziot/config.toml was modified after certd's config\n" +
          `You must run '${program} config apply' to update certd's config with the latest config.toml`,
      );
      await device.remove(path);
      assert.equal(
        told(await device.find(CONFIGS_UP_TO_DATE)),
        `warning\n${path} does not exist.\nDid you run '${program} config apply'?`,
      );
    });
  });
}

Deno.test("a TPM service counts where there is one", async () => {
  await onDevice(async (device) => {
    await applied(device);
    assert.match(told(await device.find(CONFIGS_UP_TO_DATE)), /tpmd.* does not exist/);
  }, { systemctl: () => ({ success: true, stdout: "", stderr: "" }) });
});

Deno.test("a file that cannot be looked at is an error of the check", async () => {
  await onDevice(async (device) => {
    await device.write("/etc/aziot", "").catch(() => {});
    await assert.rejects(device.find(CONFIGS_UP_TO_DATE), /could not look at .*config\.toml/);
  });
});
