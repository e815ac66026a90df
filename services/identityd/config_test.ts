// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import * as v from "valibot";
import { parseToml } from "../config/toml.ts";
import { type Config, configSchema, endpoints, validate } from "./config.ts";

const BASE = `hostname = "press"
homedir = "/var/lib/aziot/identityd"
`;
const MANUAL = `${BASE}
[provisioning]
source = "manual"
iothub_hostname = "contoso-hub.example.net"
device_id = "press-07"
[provisioning.authentication]
method = "sas"
device_id_pk = "device-id"
`;
const NONE = `${BASE}
[provisioning]
source = "none"
`;

function read(toml: string): Config {
  return v.parse(configSchema, parseToml(toml));
}

Deno.test("a minimal configuration has the defaults", () => {
  assert.deepEqual(read(MANUAL), {
    hostname: "press",
    homedir: "/var/lib/aziot/identityd",
    prefer_module_identity_cache: false,
    max_requests: 10,
    cloud_timeout_sec: 70,
    cloud_retries: 1,
    provisioning: {
      source: "manual",
      iothub_hostname: "contoso-hub.example.net",
      device_id: "press-07",
      authentication: { method: "sas", device_id_pk: "device-id" },
    },
    principal: [],
  });
});

const DPS = `${BASE}
[provisioning]
source = "dps"
global_endpoint = "https://DPS.Example.net"
scope_id = "0ne00ABCDEF"
payload = { uri = "file:///etc/payload.json" }
[provisioning.attestation]
`;

Deno.test("every source and method of the configuration reference is read", () => {
  const documents = [
    MANUAL,
    NONE,
    `${MANUAL}`.replace('method = "sas"', 'method = "x509"').replace(
      'device_id_pk = "device-id"',
      'identity_cert = "c"\nidentity_pk = "k"\ncsr_subject = { cn = "a", o = "b" }',
    ),
    `${DPS}method = "symmetric_key"\nregistration_id = "r"\nsymmetric_key = "k"`,
    `${DPS}method = "tpm"\nregistration_id = "r"`,
    `${DPS}method = "x509"\nidentity_cert = "c"\nidentity_pk = "k"\nregistration_id = "r"
identity_auto_renew = { rotate_key = true, threshold = "80%", retry = "30min" }`,
  ];
  for (const document of documents) validate(read(document));
});

Deno.test("URLs are normalised, subject tables get upper-case names in order", () => {
  const { provisioning } = read(`${DPS}method = "x509"
identity_cert = "c"
identity_pk = "k"
registration_id = { o = "Plant", cn = "press-07" }`);
  assert.ok(provisioning.source === "dps" && provisioning.attestation.method === "x509");
  assert.equal(provisioning.global_endpoint, "https://dps.example.net/");
  assert.deepEqual(Object.entries(provisioning.attestation.registration_id ?? {}), [
    ["CN", "press-07"],
    ["O", "Plant"],
  ]);
});

Deno.test("a legacy key of older releases is accepted", () => {
  read(
    MANUAL.replace('source = "manual"', 'source = "manual"\nalways_reprovision_on_startup = true'),
  );
});

Deno.test("settings that cannot be read are refused", () => {
  const documents: Record<string, string> = {
    "no hostname": NONE.replace('hostname = "press"', ""),
    "no homedir": NONE.replace(/homedir.*/, ""),
    "no provisioning": BASE,
    "bad source": NONE.replace('"none"', '"x"'),
    "bad method": MANUAL.replace('"sas"', '"password"'),
    "timeout too short": `cloud_timeout_sec = 69\n${NONE}`,
    "negative retries": `cloud_retries = -1\n${NONE}`,
    "bad idtype": `${NONE}[[principal]]\nuid = 1\nname = "a"\nidtype = ["zz"]`,
    "idtype as text": `${NONE}[[principal]]\nuid = 1\nname = "a"\nidtype = "module"`,
    "uid out of range": `${NONE}[[principal]]\nuid = 4294967296\nname = "a"`,
    "principal without name": `${NONE}[[principal]]\nuid = 1`,
    "endpoint that is no URL": DPS.replace("https://DPS.Example.net", "dps") +
      'method = "tpm"\nregistration_id = "r"',
    "subject without a common name": `${DPS}method = "x509"\nidentity_cert = "c"
identity_pk = "k"\nregistration_id = { o = "x" }`,
    "incomplete renewal": `${DPS}method = "x509"\nidentity_cert = "c"
identity_pk = "k"\nidentity_auto_renew = { rotate_key = true }`,
    "bad policy": `${DPS}method = "x509"\nidentity_cert = "c"
identity_pk = "k"\nidentity_auto_renew = { rotate_key = true, threshold = "0%", retry = "1h" }`,
  };
  for (const [title, document] of Object.entries(documents)) {
    assert.equal(v.safeParse(configSchema, parseToml(document)).success, false, title);
  }
});

const MODULE = 'idtype = ["module"]';
const LOCAL = 'idtype = ["local"]';
const principal = (name: string, more = "") =>
  `[[principal]]\nuid = 1\nname = "${name}"\n${more}\n`;

const BROKEN_RULES: [title: string, document: string, message: string][] = [
  [
    "two principals of one name",
    `${MANUAL}${principal("a", MODULE)}${principal("a")}`,
    "bad settings: duplicate module name: a",
  ],
  [
    "local without a domain",
    `${NONE}${principal("a", LOCAL)}`,
    "bad settings: invalid config for a: local id type requires localid config",
  ],
  [
    "local options without local",
    `${MANUAL}${principal("a", `${MODULE}\nlocalid = { type = "x509" }`)}`,
    "bad settings: invalid config for a: local identity options specified for non-local identity",
  ],
  [
    "a module without a hub",
    `${NONE}${principal("a", MODULE)}`,
    "bad settings: invalid config for a: module or device identity requires provisioning with " +
    "IoT Hub",
  ],
  [
    "the device without a hub",
    `${NONE}${principal("a", 'idtype = ["device"]')}`,
    "bad settings: invalid config for a: module or device identity requires provisioning with " +
    "IoT Hub",
  ],
  [
    "a module whose name is a path",
    `${MANUAL}${principal("a/b", MODULE)}`,
    "bad settings: invalid config for a/b: no name that IoT Hub takes for a module",
  ],
  [
    "a hub that is a path",
    MANUAL.replace("contoso-hub.example.net", "hub/x"),
    'bad settings: provisioning.iothub_hostname: "hub/x" is no host name',
  ],
  [
    "a gateway that is a URL",
    MANUAL.replace('source = "manual"', 'source = "manual"\nlocal_gateway_hostname = "https://p"'),
    'bad settings: provisioning.local_gateway_hostname: "https://p" is no host name',
  ],
  [
    "a device id that is a path",
    MANUAL.replace("press-07", ".."),
    'bad settings: provisioning.device_id: ".." is no device id',
  ],
];

for (const [title, document, message] of BROKEN_RULES) {
  Deno.test(`a configuration is refused for ${title}`, () => {
    assert.throws(() => validate(read(document)), { name: "SettingsError", message });
  });
}

Deno.test("local options of an administrator are nobody's business", () => {
  validate(read(`${NONE}${principal("a", 'localid = { type = "x509" }')}`));
});

Deno.test("endpoints count in development runs only", () => {
  const config = read(`${NONE}[endpoints]\naziot_keyd = "unix:///tmp/k.sock"\naziot_tpmd = 5`);
  assert.equal(endpoints(config, false).keyd, "unix:///run/aziot/keyd.sock");
  assert.deepEqual(endpoints(config, true), {
    keyd: "unix:///tmp/k.sock",
    certd: "unix:///run/aziot/certd.sock",
    identityd: "unix:///run/aziot/identityd.sock",
  });
  const broken = read(`${NONE}[endpoints]\naziot_keyd = 5`);
  assert.throws(() => endpoints(broken, true), { name: "SettingsError" });
});
