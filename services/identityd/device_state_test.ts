// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import * as v from "valibot";
import { parseToml } from "../config/toml.ts";
import { type Config, configSchema } from "./config.ts";
import {
  type DeviceInfo,
  DeviceState,
  formatDeviceInfo,
  isSameDevice,
  parseDeviceInfo,
} from "./device_state.ts";
import { settingsToml } from "./settings_toml.ts";
import { testLog } from "./test_log.ts";

// Written by the existing product for these configurations.
const RECORDED = v.parse(
  v.array(v.object({
    name: v.string(),
    config: v.string(),
    deviceInfo: v.nullable(v.string()),
    prevState: v.string(),
  })),
  JSON.parse(
    await Deno.readTextFile(
      new URL("../../tests/vectors/identityd-provisioning/state_files.json", import.meta.url),
    ),
  ),
);

function read(toml: string): Config {
  return v.parse(configSchema, parseToml(toml));
}

for (const { name, config, deviceInfo, prevState } of RECORDED) {
  Deno.test(`state files are byte-equal to those of the existing product: ${name}`, () => {
    assert.equal(settingsToml(read(config)), prevState);
    assert.deepEqual(read(prevState), read(config), "what was written reads back");
    if (deviceInfo === null) return;
    const device = parseDeviceInfo(deviceInfo);
    assert.ok(device);
    assert.equal(formatDeviceInfo(device), deviceInfo);
  });
}

const FULL = `hostname = "a\\"b\\\\c\\u007f\\nd"
homedir = "/home"
max_requests = 50
cloud_timeout_sec = 90
cloud_retries = 0

[provisioning]
source = "dps"
always_reprovision_on_startup = true
global_endpoint = "https://dps.example.net/"
scope_id = "s"

[provisioning.attestation]
method = "x509"
identity_cert = "c"
identity_pk = "k"
registration_id = { CN = "r", "2.5.4.5" = "x" }
identity_auto_renew = { rotate_key = false, threshold = "80%", retry = "4min" }

[[principal]]
uid = 4294967295
name = "local"
idtype = ["local"]
localid = { type = "x509" }

[[principal]]
uid = 0
name = "none"
idtype = []

[localid]
domain = "d"
`;

Deno.test("every setting survives being written and read", () => {
  assert.deepEqual(read(settingsToml(read(FULL))), read(FULL));
});

const DEVICE: DeviceInfo = { hub: "Hub.example.net", gateway: "parent:8443", deviceId: "Press-07" };

Deno.test("device_info is read with and without its gateway, and as nothing", () => {
  assert.deepEqual(parseDeviceInfo(formatDeviceInfo(DEVICE)), DEVICE);
  assert.deepEqual(parseDeviceInfo('hub_name = "h"\ndevice_id = "d"\n'), {
    hub: "h",
    gateway: "h",
    deviceId: "d",
  });
  assert.equal(parseDeviceInfo("unprovisioned"), undefined);
  for (const damaged of ["", "unprovisioned\n", 'hub_name = "h"', "hub_name = 5", "{", '"a"']) {
    assert.throws(() => parseDeviceInfo(damaged), JSON.stringify(damaged));
  }
});

Deno.test("a device is the same when hub, gateway and id are, in their case", () => {
  assert.ok(isSameDevice(DEVICE, { ...DEVICE }));
  assert.ok(isSameDevice(undefined, undefined));
  assert.ok(!isSameDevice(DEVICE, undefined));
  for (const other of [{ hub: "hub.example.net" }, { gateway: "parent" }, { deviceId: "x" }]) {
    assert.ok(!isSameDevice(DEVICE, { ...DEVICE, ...other }));
  }
});

async function inHome(
  work: (state: DeviceState, home: string, lines: string[]) => Promise<void>,
): Promise<void> {
  const home = await Deno.makeTempDir();
  try {
    const { log, lines } = testLog();
    await work(new DeviceState(home, log), home, lines);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

Deno.test("both files are written for their owner only, and read back", async () => {
  await inHome(async (state, home) => {
    assert.equal(await state.device(), undefined);
    assert.equal(await state.settings(), undefined);
    await state.save(DEVICE, read(FULL));
    for (const name of ["device_info", "prev_state"]) {
      assert.equal((Deno.statSync(`${home}/${name}`).mode ?? 0) & 0o777, 0o600);
    }
    assert.deepEqual(await state.device(), DEVICE);
    assert.deepEqual(await state.settings(), read(FULL));
    await state.forget();
    assert.equal(await state.device(), undefined);
    assert.deepEqual(await state.settings(), read(FULL));
    await state.forget();
  });
});

Deno.test("a save that is cut short leaves no device with another one's settings", async () => {
  await inHome(async (state) => {
    await state.save(DEVICE, read(FULL));
    const unwritable = Object.defineProperty(read(FULL), "hostname", {
      get: () => {
        throw new Error("cut short");
      },
    });

    await assert.rejects(state.save(DEVICE, unwritable), /cut short/);
    assert.ok(await state.settings(), "of the same device they are better than none");
    const other = { ...DEVICE, deviceId: "other" };
    await assert.rejects(state.save(other, unwritable), /cut short/);
    assert.deepEqual(await state.device(), other);
    assert.equal(await state.settings(), undefined);
  });
});

Deno.test("a damaged device_info is removed with a warning", async () => {
  await inHome(async (state, home, lines) => {
    await Deno.writeTextFile(`${home}/device_info`, "hub_name = ");
    assert.equal(await state.device(), undefined);
    assert.deepEqual(lines, [`WARN ${home}/device_info is damaged and is removed`]);
    await assert.rejects(Deno.stat(`${home}/device_info`), Deno.errors.NotFound);
  });
});

Deno.test("settings that are damaged or break a rule are ignored and stay", async () => {
  await inHome(async (state, home, lines) => {
    const broken = FULL.replace('name = "none"', 'name = "local"');
    for (const text of ["hostname = ", 'hostname = "x"', broken]) {
      await Deno.writeTextFile(`${home}/prev_state`, text);
      assert.equal(await state.settings(), undefined);
      await Deno.stat(`${home}/prev_state`);
    }
    assert.equal(lines.length, 3);
    assert.ok(lines.every((line) => line.startsWith(`WARN ${home}/prev_state is ignored: `)));
  });
});

Deno.test("a file that cannot be read is not taken for a damaged one", async () => {
  await inHome(async (state, home, lines) => {
    await Deno.mkdir(`${home}/device_info`);
    assert.equal(await state.device(), undefined);
    await Deno.stat(`${home}/device_info`);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? "", /^WARN could not read .*device_info: /);
  });
});
