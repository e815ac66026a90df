// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import type { ProvisioningConfig } from "./config.ts";
import { configuredDevice } from "./provision.ts";

const MANUAL = {
  source: "manual",
  iothub_hostname: "contoso-hub.example.net",
  device_id: "press-07",
  authentication: { method: "sas", device_id_pk: "device-id" },
} as const satisfies ProvisioningConfig;

Deno.test("a device of the configuration talks to its hub, or to its parent when it has one", () => {
  const device = {
    hub: "contoso-hub.example.net",
    gateway: "contoso-hub.example.net",
    deviceId: "press-07",
    credentials: { method: "sas", keyId: "device-id" },
  };
  assert.deepEqual(configuredDevice(MANUAL), device);
  assert.deepEqual(configuredDevice({ ...MANUAL, local_gateway_hostname: "parent:8443" }), {
    ...device,
    gateway: "parent:8443",
  });
});

Deno.test("without a source there is no device", () => {
  assert.equal(configuredDevice({ source: "none" }), undefined);
});

Deno.test("what cannot be asked yet is refused, and says so", () => {
  const dps = {
    source: "dps",
    global_endpoint: "https://dps.example.net/",
    scope_id: "s",
    attestation: { method: "tpm", registration_id: "r" },
  } as const satisfies ProvisioningConfig;
  assert.throws(() => configuredDevice(dps), /DPS is not available yet/);
  assert.throws(() => configuredDevice({ ...dps, local_gateway_hostname: "parent" }), {
    status: 404,
    message: "DPS provisioning is not supported in nested mode",
  });
  const x509 = { method: "x509", identity_cert: "c", identity_pk: "k" } as const;
  assert.throws(
    () => configuredDevice({ ...MANUAL, authentication: x509 }),
    /method "x509" is not available yet/,
  );
});
