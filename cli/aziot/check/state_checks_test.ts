// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import {
  certdConfig,
  configFile,
  type FakeDevice,
  identitydConfig,
  MANUAL,
  onDevice,
  OWN_USERS,
  told,
} from "./fake_device.ts";
import { KEYS_MATCH_CONFIG } from "./keys_match_config.ts";
import { SOCKET_PERMISSIONS } from "./socket_permissions.ts";
import { STATE_OWNERSHIP } from "./state_ownership.ts";

const ROOT = Deno.uid() === 0;
const OWN = OWN_USERS.aziotid.uid;

async function configure({ write }: FakeDevice, uid = OWN): Promise<void> {
  await write(
    configFile("keyd"),
    `[[principal]]\nuid = ${uid}\nkeys = ["aziot_identityd_master_id", "device-id"]\n`,
  );
  await write(configFile("certd"), certdConfig());
  await write(configFile("identityd"), identitydConfig(MANUAL));
}

Deno.test("principals that are users are good", async () => {
  await onDevice(async (device) => {
    assert.equal(told(await device.find(KEYS_MATCH_CONFIG)), "skipped");
    await configure(device);
    assert.equal(told(await device.find(KEYS_MATCH_CONFIG)), "ok");
  });
});

Deno.test("keys that belong to a former uid of the Identity Service are an error", async () => {
  await onDevice(async (device) => {
    await configure(device, 4711);
    const found = told(await device.find(KEYS_MATCH_CONFIG));
    assert.match(
      found,
      new RegExp(`^error\nkeyd takes uid 4711 for aziotid, whose uid is ${OWN}\n`),
    );
    assert.match(found, /^no user has the uid 4711 of a principal of keyd$/m);
    assert.match(found, /\nRun `aziot config apply`/);
  });
});

Deno.test("a principal of a file of the administrator's own is told with the file", async () => {
  await onDevice(async (device) => {
    await configure(device);
    await device.write(
      "/etc/aziot/identityd/config.d/50.toml",
      '[[principal]]\nuid = 4712\nname = "m"\n',
    );
    assert.match(
      told(await device.find(KEYS_MATCH_CONFIG)),
      /^error\nno user has the uid 4712 of a principal of identityd \(.*\/50\.toml\)\n/,
    );
  });
});

Deno.test("a system without the users of the services cannot be right", async () => {
  await onDevice(async (device) => {
    await configure(device);
    await assert.rejects(
      device.find(KEYS_MATCH_CONFIG),
      /there is no user aziotid: is the package/,
    );
  }, { users: {} });
});

Deno.test("sockets have to be there, and open for their group only", async () => {
  await onDevice(async (device) => {
    const missing = told(await device.find(SOCKET_PERMISSIONS));
    assert.match(
      missing,
      /^warning\n.*keyd\.sock does not exist\n.*certd\.sock.*\n.*identityd\.sock does/,
    );

    await Deno.mkdir(`${device.files}/run/aziot`, { recursive: true });
    const listeners = ["keyd", "certd", "identityd"].map((service) => {
      const path = `${device.files}/run/aziot/${service}.sock`;
      const listener = Deno.listen({ transport: "unix", path });
      Deno.chmodSync(path, 0o660);
      return listener;
    });
    try {
      assert.equal(told(await device.find(SOCKET_PERMISSIONS)), "ok");
      await Deno.chmod(`${device.files}/run/aziot/keyd.sock`, 0o666);
      assert.match(
        told(await device.find(SOCKET_PERMISSIONS)),
        /^warning\n.*\/keyd\.sock has the mode 0666 instead of 0660\nRun `aziot system restart`/,
      );
    } finally {
      for (const listener of listeners) listener.close();
    }
    await device.write("/run/aziot/other", "");
    await Deno.rename(`${device.files}/run/aziot/other`, `${device.files}/run/aziot/keyd.sock`);
    assert.match(told(await device.find(SOCKET_PERMISSIONS)), /keyd\.sock is no socket/);
  });
});

Deno.test("a socket of somebody else is a warning", { ignore: !ROOT }, async () => {
  await onDevice(async (device) => {
    await Deno.mkdir(`${device.files}/run/aziot`, { recursive: true });
    const path = `${device.files}/run/aziot/keyd.sock`;
    using _listener = Deno.listen({ transport: "unix", path });
    await Deno.chown(path, 77, 78);
    assert.match(
      told(await device.find(SOCKET_PERMISSIONS)),
      /keyd\.sock belongs to 77:78, and aziotks is 0:0/,
    );
  });
});

Deno.test("state of somebody else is an error with all ids", { ignore: !ROOT }, async () => {
  await onDevice(async (device) => {
    assert.equal(told(await device.find(STATE_OWNERSHIP)), "ok");
    for (let index = 0; index < 12; index++) {
      const path = `/var/lib/aziot/keyd/keys/${index}.key`;
      await device.write(path, "");
      await Deno.chown(`${device.files}${path}`, 77, 78);
    }
    const lines = told(await device.find(STATE_OWNERSHIP)).split("\n");
    assert.match(lines[1] ?? "", /\/keys\/\d+\.key belongs to 77:78, and aziotks is 0:0$/);
    assert.deepEqual(lines.slice(11), [
      "... and 2 more",
      "Run `aziot config apply`, which gives the daemons what is theirs.",
    ]);
  });
});
