// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { openTls } from "../../../ffi/tls.ts";
import { VERSION } from "../../../services/version.ts";
import { AZIOT_VERSION, latest } from "./aziot_version.ts";
import { configFile, identitydConfig, MANUAL, onDevice, told } from "./fake_device.ts";

// Outside the tests: a library that a test loads counts as leaked, and ours are never closed.
openTls();

Deno.test("the expected version comes from the command line", async () => {
  await onDevice(async ({ find }) => {
    assert.equal(told(await find(AZIOT_VERSION, { expectedVersion: VERSION })), "ok");
    const other = await find(AZIOT_VERSION, { expectedVersion: "1.2.3" });
    assert.match(told(other), new RegExp(`^warning\n.* has version ${VERSION} but 1\\.2\\.3 is`));
    assert.deepEqual(other.info, { expected_version: "1.2.3", actual_version: VERSION });
  });
});

Deno.test("without one nothing is fetched", async () => {
  await onDevice(async ({ find, write }) => {
    assert.equal(told(await find(AZIOT_VERSION)), "skipped");
    await write(configFile("identityd"), identitydConfig(MANUAL));
    assert.equal(told(await find(AZIOT_VERSION)), "ignored");
  });
});

Deno.test("a list that cannot be fetched is an error, but not for a device behind a parent", async () => {
  const env = { AZIOT_LATEST_VERSIONS_URL: "https://127.0.0.1:1/list" };
  await onDevice(async ({ find, write }) => {
    await write(configFile("identityd"), identitydConfig(MANUAL));
    assert.match(
      told(await find(AZIOT_VERSION)),
      /^error\ncould not query https:\/\/127\.0\.0\.1:1\/list for latest available version\n/,
    );
    const nested = MANUAL.replace("[", 'local_gateway_hostname = "p"\n[');
    await write(configFile("identityd"), identitydConfig(nested));
    assert.equal(told(await find(AZIOT_VERSION)), "ignored");
  }, { env });
});

const list = (...versions: string[]) => ({
  channels: [{
    products: [
      { id: "other", components: [{ name: "aziot-identity-service", version: "9.9.9" }] },
      {
        id: "aziot-edge",
        components: [
          { name: "aziot-edge", version: "9.9.9" },
          ...versions.map((version) => ({ name: "aziot-identity-service", version })),
        ],
      },
    ],
  }],
});

Deno.test("the version that continues the installed one is the one of its line", () => {
  assert.equal(latest(list("1.4.9", "1.5.3", "1.5.2"), "1.5.0"), "1.5.3");
  assert.throws(() => latest(list("1.4.9"), "1.5.0"), /no version that continues 1\.5\.0/);
  assert.throws(() => latest(list("1.5.x"), "1.5.0"), /1\.5\.x is no version/);
  assert.throws(() => latest({ channels: 5 }, "1.5.0"), /not of the expected form/);
});
