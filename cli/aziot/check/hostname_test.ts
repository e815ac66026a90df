// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { configFile, identitydConfig, onDevice, told } from "./fake_device.ts";
import { HOSTNAME } from "./hostname.ts";

const LONG = "a".repeat(63);

for (
  const [machine, configured, expected] of [
    ["press-07", "press-07", /^ok$/],
    ["press-07", "PRESS-07", /^ok$/],
    ["Press-07", "press-07.plant.example", /^ok$/],
    [LONG, LONG, /^ok$/],
    ["press-07", "10.0.0.7", /^ok$/],
    ["press-07", "fd00::7", /^ok$/],
    [
      "press-07",
      "other",
      /^error\nidentityd config has hostname other but device reports hostname press-07\.\nHostname in identityd config must either be identical to the device hostname or be a fully-qualified domain name that has the device hostname as the first component\.$/,
    ],
    ["press-07", "press-071", /^error\n/],
    ["press_07", "press_07", /^warning\n.* RFC 1035/],
    ["7press", "7press", /^warning\n.* RFC 1035/],
    ["press-", "press-", /^warning\n.* RFC 1035/],
    ["press", "press.", /^warning\n.* RFC 1035/],
    ["press", "press..x", /^warning\n.* RFC 1035/],
    [`${LONG}a`, `${LONG}a`, /^warning\n.* RFC 1035/],
    ["press", `press.${LONG}`, /^warning\n.* has more than 64 characters/],
  ] as const
) {
  Deno.test(`the machine ${machine.slice(0, 20)} as ${configured.slice(0, 30)}`, async () => {
    await onDevice(async ({ write, find }) => {
      const config = identitydConfig('source = "none"\n').replace('"press-07"', `"${configured}"`);
      await write(configFile("identityd"), config);
      const finding = await find(HOSTNAME);
      assert.match(told(finding), expected);
      const isAddress = /^10\.|:/.test(configured);
      assert.deepEqual(finding.info, {
        config_hostname: configured,
        machine_hostname: isAddress ? configured : machine,
      });
    }, { hostname: machine });
  });
}

Deno.test("without a configuration there is no name to look at", async () => {
  await onDevice(async ({ find, write }) => {
    assert.equal(told(await find(HOSTNAME)), "skipped");
    await write(configFile("identityd"), identitydConfig('source = "none"\n'));
    const left = { dontRun: ["identityd-config-well-formed"] };
    assert.equal(told(await find(HOSTNAME, left)), "skipped");
  });
});
