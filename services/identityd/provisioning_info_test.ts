// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { errorText } from "../http/errors.ts";
import type { ProvisioningConfig } from "./config.ts";
import { provisioningInfo } from "./provisioning_info.ts";

const DPS = {
  source: "dps",
  global_endpoint: "https://dps.example.net/",
  scope_id: "0ne00ABCDEF",
  attestation: { method: "symmetric_key", registration_id: "press-07", symmetric_key: "k" },
} as const satisfies ProvisioningConfig;

const noFile = () => Promise.reject(new Error("no file is read"));

Deno.test("the settings of each source and method have the names and the order of the API", async () => {
  const rows: [config: ProvisioningConfig, text: string][] = [
    [{ source: "none" }, '{"source":"none"}'],
    [
      {
        source: "manual",
        iothub_hostname: "h",
        device_id: "d",
        authentication: { method: "x509", identity_cert: "c", identity_pk: "k" },
      },
      '{"source":"manual","auth":"x509"}',
    ],
    [
      DPS,
      '{"source":"dps","auth":"symmetric_key","endpoint":"https://dps.example.net/",' +
      '"scope_id":"0ne00ABCDEF","registration_id":"press-07","payload":null}',
    ],
    [
      {
        ...DPS,
        attestation: {
          method: "x509",
          identity_cert: "c",
          identity_pk: "k",
          registration_id: { CN: "press-07", O: "x" },
        },
      },
      '{"source":"dps","auth":"x509","endpoint":"https://dps.example.net/",' +
      '"scope_id":"0ne00ABCDEF","registration_id":"press-07","payload":null}',
    ],
    [
      { ...DPS, attestation: { method: "tpm", registration_id: "press-07" } },
      '{"source":"dps","auth":"tpm","endpoint":"https://dps.example.net/",' +
      '"scope_id":"0ne00ABCDEF","registration_id":"press-07","payload":null}',
    ],
  ];
  for (const [config, text] of rows) {
    assert.equal(JSON.stringify(await provisioningInfo(config, noFile)), text);
  }
});

Deno.test("the payload is what its file holds at that moment", async () => {
  const config = { ...DPS, payload: { uri: "file:///etc/my%20payload.json" } };
  let path = "";
  const info = await provisioningInfo(config, (name) => {
    path = name;
    return Promise.resolve('{"a":[1,null]}');
  });
  assert.equal(path, "/etc/my payload.json");
  assert.ok(info.source === "dps");
  assert.deepEqual(info.payload, { a: [1, null] });
});

Deno.test("a payload that cannot be had is a parameter with an invalid value", async () => {
  const rows: [uri: string, read: () => Promise<string>, reason: RegExp][] = [
    ["http://x/y", noFile, /payload uri is not a file/],
    ["file:///x", () => Promise.reject(new Error("not found")), /not found/],
    ["file:///x", () => Promise.resolve("{"), /JSON/],
  ];
  for (const [uri, read, reason] of rows) {
    await assert.rejects(provisioningInfo({ ...DPS, payload: { uri } }, read), (error) => {
      const text = errorText(error);
      return text.startsWith(
        'parameter "provisioning.payload" has an invalid value\ncaused by: ',
      ) && reason.test(text);
    });
  }
});

Deno.test("a registration id that only the certificate knows cannot be told yet", async () => {
  const attestation = { method: "x509", identity_cert: "c", identity_pk: "k" } as const;
  await assert.rejects(provisioningInfo({ ...DPS, attestation }, noFile), /certificate/);
});
