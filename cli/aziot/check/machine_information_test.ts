// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { aziot } from "../main.ts";
import { mounts } from "./disks.ts";
import { configFile, type FakeDevice, identitydConfig, MANUAL, onDevice } from "./fake_device.ts";
import { sizeText } from "./size_text.ts";

const SLOW = "host-local-time host-connect-iothub-amqp host-connect-iothub-https " +
  "host-connect-iothub-mqtt";

async function json({ machine }: FakeDevice): Promise<Record<string, unknown>> {
  await aziot(["check", "-o=json", "--dont-run", SLOW], machine);
  return JSON.parse(machine.stdout).additional_info;
}

Deno.test("a report in JSON tells of the machine", async () => {
  const info = {
    "product-name": "Box 7\n",
    mounts: "/dev/vda1 / ext4 rw 0 0\nproc /proc proc rw 0 0\n",
  };
  await onDevice(async (device) => {
    await device.write("/etc/os-release", 'ID=debian\nVERSION_ID="12"\nNAME=x\n');
    const nested = MANUAL.replace("[", 'local_gateway_hostname = "parent.example"\n[');
    await device.write(configFile("identityd"), identitydConfig(nested));
    const { dmi, os, now, system_info, ...rest } = await json(device);
    assert.deepEqual(dmi, { product: "Box 7", vendor: null });
    assert.deepEqual(os, { id: "debian", version_id: "12", arch: Deno.build.arch, bitness: 64 });
    assert.equal(now, "2026-05-04T10:11:12.000Z");
    assert.deepEqual(rest, {
      iothub_hostname: "hub.example",
      local_gateway_hostname: "parent.example",
    });
    const text = JSON.stringify(system_info);
    assert.match(text, /"total_ram":"[\d.]+ [KMGT]iB"/);
    assert.match(
      text,
      /"disks":\[\{"name":"\/dev\/vda1","percent_free":"[\d.]+%",.*"file_system":"ext4"/,
    );
  }, { info });
});

Deno.test("what is not known is left out", async () => {
  await onDevice(async (device) => {
    const { dmi, os, iothub_hostname } = await json(device);
    assert.deepEqual(dmi, { product: null, vendor: null });
    assert.deepEqual(os, { arch: Deno.build.arch, bitness: 64 });
    assert.equal(iothub_hostname, undefined);
  });
});

Deno.test("sizes have their units", () => {
  assert.deepEqual(
    [0, 1023, 1024, 1536 * 1024, 5 * 1024 ** 3, 2 ** 60].map(sizeText),
    ["0 B", "1023 B", "1.00 KiB", "1.50 MiB", "5.00 GiB", "1024.00 PiB"],
  );
});

Deno.test("each disk counts once, and directories may have spaces", () => {
  const text = `/dev/a / ext4 rw 0 0
/dev/a /mnt ext4 rw 0 0
tmpfs /run tmpfs rw 0 0
overlay /var overlay rw 0 0
overlay /etc overlay rw 0 0
/dev/b /a\\040b xfs rw 0 0
`;
  assert.deepEqual(mounts(text).map(({ device, directory }) => `${device} ${directory}`), [
    "/dev/a /",
    "overlay /var",
    "overlay /etc",
    "/dev/b /a b",
  ]);
});
