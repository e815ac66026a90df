// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { CONFIG_WELL_FORMED } from "./config_well_formed.ts";
import { certdConfig, configFile, identitydConfig, MANUAL, onDevice, told } from "./fake_device.ts";

const checkOf = (service: string) => {
  const check = CONFIG_WELL_FORMED.find(({ id }) => id.startsWith(service));
  if (check === undefined) throw new Error(`no check of ${service}`);
  return check;
};

const INSTALLED = { systemctl: () => ({ success: true, stdout: "", stderr: "" }) };

Deno.test("what `config apply` writes is well-formed", async () => {
  await onDevice(async ({ write, find }) => {
    await write(configFile("certd"), certdConfig());
    await write(configFile("identityd"), identitydConfig(MANUAL));
    for (const service of ["keyd", "certd", "tpmd", "identityd"]) {
      assert.equal(told(await find(checkOf(service))), "ok");
    }
  }, INSTALLED);
});

for (
  const [service, text, cause] of [
    ["keyd", "[x", /^could not read config from .*00-super\.toml\nline 1, column \d: /m],
    ["keyd", "max_requests = -1", /expected usize in `max_requests` \(.*00-super\.toml line 1\)/],
    ["certd", "", /^missing field `homedir_path`/m],
    ["identityd", "", /^missing field `hostname`/m],
    [
      "identityd",
      identitydConfig('source = "none"\n') +
      '[[principal]]\nuid = 1\nname = "m"\nidtype = ["module"]\n',
      /invalid config for m: module or device identity requires provisioning with IoT Hub/,
    ],
    ["tpmd", "auth_key_index = 0x800000", /auth_key_index/],
  ] as const
) {
  Deno.test(`${service} with ${JSON.stringify(text.slice(0, 20))} is not`, async () => {
    await onDevice(async ({ write, find }) => {
      await write(configFile(service), text);
      const found = told(await find(checkOf(service)));
      assert.ok(
        found.startsWith(`error\n${service}'s configuration file is not well-formed.\n`),
        found,
      );
      assert.match(found, cause);
    }, INSTALLED);
  });
}

Deno.test("a TPM service that is not installed has no configuration", async () => {
  await onDevice(async ({ find }) => {
    assert.equal(told(await find(checkOf("tpmd"))), "ignored");
  });
});
