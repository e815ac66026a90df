// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { Authority } from "../../../tests/cloud/authority.ts";
import { certdConfig, configFile, onDevice } from "../check/fake_device.ts";
import { aziot } from "../main.ts";

const ACTIVE = ([verb]: string[]) => ({ success: verb !== "cat", stdout: "active\n", stderr: "" });

const IDENTITY = {
  type: "aziot",
  spec: { hubName: "hub", gatewayHost: "hub", deviceId: "press-07", auth: { type: "sas" } },
};

Deno.test("programs get to know which device it is and how long its certificates last", async () => {
  const { cert } = await (await Authority.create("ca")).issue({ commonName: "d", use: "client" });
  await onDevice(async ({ files, machine, write }) => {
    await write(
      configFile("certd"),
      certdConfig('[preloaded_certs]\nx = "file:///etc/x.pem"\ny = "file:///y"\n'),
    );
    await write("/etc/x.pem", cert);
    await Deno.mkdir(`${files}/run/aziot`, { recursive: true });
    const path = `${files}/run/aziot/identityd.sock`;
    const server = Deno.serve({ path, onListen: () => {} }, (request) => {
      const isProvisioning = request.url.includes("/identities/provisioning");
      return Response.json(isProvisioning ? { source: "manual", auth: "sas" } : IDENTITY);
    });
    try {
      assert.equal(await aziot(["system", "status", "--json"], machine), 0, machine.stderr);
    } finally {
      await server.shutdown();
    }
    const { provisioning, identity, certificates } = JSON.parse(machine.stdout);
    assert.deepEqual(provisioning, { source: "manual", auth: "sas" });
    assert.deepEqual(identity, { hub: "hub", gateway: "hub", device: "press-07" });
    assert.deepEqual(certificates.map(({ id, path }: Record<string, string>) => [id, path]), [
      ["x", "/etc/x.pem"],
    ]);
  }, { systemctl: ACTIVE });
});

Deno.test("what is not known is null, and nothing fails for it", async () => {
  await onDevice(async ({ machine }) => {
    assert.equal(await aziot(["system", "status", "--json"], machine), 0);
    const { provisioning, identity, certificates } = JSON.parse(machine.stdout);
    assert.deepEqual([provisioning, identity, certificates], [null, null, []]);
  }, { systemctl: ACTIVE });
});
