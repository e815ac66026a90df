// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { isTable } from "../../../services/config/merge.ts";
import { parseToml, type Table } from "../../../services/config/toml.ts";
import { type Documents, documentsOf } from "./documents.ts";
import { mapSuperConfig } from "./map.ts";
import { parseSuperConfig } from "./read.ts";
import { writeToml } from "./write_toml.ts";

const MACHINE = { hostname: "press3host", certdUid: 901, identitydUid: 902 };

/** The documents of a super-config as a reader sees them, with the warnings on the way. */
async function mapped(text: string): Promise<
  Record<keyof Documents, Table> & {
    warnings: string;
  }
> {
  const { config, warnings } = await parseSuperConfig(text, "config.toml");
  const configs = mapSuperConfig(config, MACHINE);
  const documents = documentsOf(configs);
  const read = (document: Table) => parseToml(writeToml(document));
  return {
    keyd: read(documents.keyd),
    certd: read(documents.certd),
    identityd: read(documents.identityd),
    tpmd: read(documents.tpmd),
    warnings: [...warnings, ...configs.warnings].join("\n"),
  };
}

const X509 = (rest: string) => `
[provisioning]
source = "dps"
global_endpoint = "https://dps.example"
id_scope = "0ne"
[provisioning.attestation]
method = "x509"
${rest}`;

const KEY = 'connection_string = "HostName=h;DeviceId=d;SharedAccessKey=QUJD"';
const MANUAL = `[provisioning]\nsource = "manual"\n${KEY}\n`;

const DEFAULT_KEYD = `
[aziot_keys]
homedir_path = "/var/lib/aziot/keyd"
[preloaded_keys]
`;

Deno.test("a device behind a gateway with a certificate from EST: the worked example", async () => {
  const { keyd, certd, identityd, tpmd } = await mapped(`
local_gateway_hostname = "gw7"
cloud_retries = 4
[provisioning]
source = "manual"
iothub_hostname = "plant.azure-devices.net"
device_id = "press-3"
[provisioning.authentication]
method = "x509"
[provisioning.authentication.identity_cert]
method = "est"
url = "https://est.plant.example/.well-known/est"
username = "u1"
password = "p1"
subject = { cn = "ignored", o = "Plant" }
[cert_issuance.est]
trusted_certs = ["file:///etc/plant/root.pem"]
`);
  assert.deepEqual(
    identityd,
    parseToml(`
hostname = "press3host"
homedir = "/var/lib/aziot/identityd"
prefer_module_identity_cache = false
cloud_retries = 4
[provisioning]
local_gateway_hostname = "gw7"
source = "manual"
iothub_hostname = "plant.azure-devices.net"
device_id = "press-3"
[provisioning.authentication]
method = "x509"
identity_cert = "device-id"
identity_pk = "device-id"
csr_subject = { CN = "press-3", O = "Plant" }
`),
  );
  assert.deepEqual(
    keyd,
    parseToml(`${DEFAULT_KEYD}
[[principal]]
uid = 902
keys = ["aziot_identityd_master_id", "device-id"]
`),
  );
  assert.deepEqual(
    certd,
    parseToml(`
homedir_path = "/var/lib/aziot/certd"
[cert_issuance.est]
trusted_certs = ["est-server-ca-1"]
[cert_issuance.device-id]
method = "est"
url = "https://est.plant.example/.well-known/est"
username = "u1"
password = "p1"
subject = { cn = "ignored", o = "Plant" }
[preloaded_certs]
est-server-ca-1 = "file:///etc/plant/root.pem"
[[principal]]
uid = 902
certs = ["device-id"]
`),
  );
  assert.deepEqual(tpmd, parseToml(""));
});

const AUTO_RENEW = (rotate: boolean) => `
[provisioning.attestation.identity_cert.auto_renew]
rotate_key = ${rotate}
threshold = "2880min"
retry = "4%"
`;

for (const rotates of [true, false]) {
  Deno.test(`renewal ${rotates ? "with" : "without"} a new key`, async () => {
    const { keyd, certd, identityd } = await mapped(X509(`
registration_id = "r"
[provisioning.attestation.identity_cert]
method = "est"
common_name = "c"
bootstrap_identity_cert = "file:///etc/b.pem"
bootstrap_identity_pk = "file:///etc/b.key"
${AUTO_RENEW(rotates)}`));
    assert.deepEqual(
      keyd.principal,
      parseToml(`
[[principal]]
uid = 902
keys = ["aziot_identityd_master_id", "device-id"${rotates ? ', "device-id-temp"' : ""}]
[[principal]]
uid = 901
keys = ["est-bootstrap-id-device-id", "est-id-device-id-temp", "est-id-device-id"]
`).principal,
    );
    assert.deepEqual(
      certd.principal,
      parseToml(`
[[principal]]
uid = 902
certs = ["device-id-temp", "device-id"]
`).principal,
    );
    const entry = parseToml(`
method = "est"
identity_cert = "est-id-device-id"
identity_pk = "est-id-device-id"
bootstrap_identity_cert = "est-bootstrap-id-device-id"
bootstrap_identity_pk = "est-bootstrap-id-device-id"
common_name = "c"
`);
    assert.deepEqual(
      certd.cert_issuance,
      Object.assign(parseToml(""), { "device-id": entry, "device-id-temp": entry }),
    );
    assert.deepEqual(
      identityd.provisioning,
      parseToml(`
source = "dps"
global_endpoint = "https://dps.example/"
scope_id = "0ne"
[attestation]
method = "x509"
identity_cert = "device-id"
identity_pk = "device-id"
registration_id = "r"
identity_auto_renew = { rotate_key = ${rotates}, threshold = "2day", retry = "4%" }
`),
    );
  });
}

const EST_BOTH = `
[cert_issuance.est.auth]
username = "u"
password = "p"
identity_cert = "file:///etc/i.pem"
identity_pk = "file:///etc/i.key"
bootstrap_identity_cert = "file:///etc/b.pem"
bootstrap_identity_pk = "file:///etc/b.key"
`;

Deno.test("of two client certificates for EST the bootstrap one is used, and said so", async () => {
  const { keyd, certd, warnings } = await mapped(MANUAL + EST_BOTH);
  assert.deepEqual(
    certd.cert_issuance,
    parseToml(`
[est]
username = "u"
password = "p"
identity_cert = "est-id"
identity_pk = "est-id"
bootstrap_identity_cert = "est-bootstrap-id"
bootstrap_identity_pk = "est-bootstrap-id"
`),
  );
  assert.deepEqual(
    keyd.preloaded_keys,
    parseToml(`
device-id = "file:///var/secrets/aziot/keyd/device-id"
est-bootstrap-id = "file:///etc/b.key"
`),
  );
  assert.match(warnings, /cert_issuance\.est\.auth\.identity_cert`: ignored/);
});

Deno.test("an EST identity that does not change its key has no temporary one", async () => {
  const { keyd, certd } = await mapped(`${MANUAL}${EST_BOTH}
[cert_issuance.est.identity_auto_renew]
rotate_key = false
threshold = "80%"
retry = "4%"
`);
  assert.deepEqual(
    keyd.principal,
    parseToml(`
[[principal]]
uid = 902
keys = ["aziot_identityd_master_id", "device-id"]
[[principal]]
uid = 901
keys = ["est-bootstrap-id", "est-id"]
`).principal,
  );
  assert.match(writeToml(certd), /\[cert_issuance\.est\.identity_auto_renew\]\nrotate_key = false/);
});

Deno.test("the default renewal of an EST identity is not written", async () => {
  const { certd } = await mapped(`${MANUAL}
[cert_issuance.est.identity_auto_renew]
rotate_key = true
threshold = "80%"
retry = "4%"
`);
  assert.deepEqual(certd.cert_issuance, parseToml("[est]\n"));
});

const REGISTRATION: { what: string; rest: string; written: string | Table | undefined }[] = [
  {
    what: "with a certificate on the device",
    rest:
      'registration_id = "r"\nidentity_cert = "file:///etc/i.pem"\nidentity_pk = "file:///etc/k"',
    written: "r",
  },
  {
    what: "with an issued certificate of a common name",
    rest: 'registration_id = "r"\nidentity_cert = { method = "self_signed", common_name = "c" }',
    written: "r",
  },
  {
    what: "with an issued certificate of a subject",
    rest:
      'registration_id = "r"\nidentity_cert = { method = "self_signed", subject = { l = "x", cn = "c", O = "y" } }',
    written: parseToml('CN = "r"\nO = "y"\nL = "x"'),
  },
  {
    what: "without a subject",
    rest: 'registration_id = "r"\nidentity_cert = { method = "self_signed" }',
    written: undefined,
  },
  {
    what: "absent",
    rest: 'identity_cert = { method = "self_signed", subject = { CN = "c" } }',
    written: undefined,
  },
];

for (const { what, rest, written } of REGISTRATION) {
  Deno.test(`registration id ${what}`, async () => {
    const { identityd, warnings } = await mapped(X509(rest));
    const { provisioning } = identityd;
    assert.ok(isTable(provisioning) && isTable(provisioning.attestation));
    assert.deepEqual(provisioning.attestation.registration_id, written);
    const isLost = rest.includes("registration_id") && written === undefined;
    assert.equal(/registration_id is not used without a subject/.test(warnings), isLost);
  });
}

Deno.test("what a value at its default means is left out, anything else is written", async () => {
  const limits = (count: number) => `
[aziot_max_requests]
keyd = ${count}
certd = ${count}
identityd = ${count}
tpmd = ${count}
`;
  const usual = await mapped(`cloud_timeout_sec = 70\ncloud_retries = 1\n${MANUAL}${limits(10)}`);
  const { keyd, certd, identityd, tpmd } = usual;
  for (const document of [keyd, certd, identityd, tpmd]) {
    assert.equal(document.max_requests, undefined);
  }
  assert.equal(identityd.cloud_timeout_sec, undefined);
  assert.equal(identityd.cloud_retries, undefined);

  const other = await mapped(`cloud_timeout_sec = 71\ncloud_retries = 0\n${MANUAL}${limits(0)}`);
  for (const service of ["keyd", "certd", "identityd", "tpmd"] as const) {
    assert.equal(other[service].max_requests, 0);
  }
  assert.equal(other.identityd.cloud_timeout_sec, 71);
  assert.equal(other.identityd.cloud_retries, 0);
});

Deno.test("the settings of a TPM service, given as texts or as bytes", async () => {
  const { tpmd } = await mapped(`[provisioning]
source = "none"
[tpm]
tcti = [115, 119]
auth_key_index = 0x00_01_26
[tpm.hierarchy_authorization]
owner = "o"
`);
  assert.deepEqual(
    tpmd,
    parseToml('tcti = "sw"\nauth_key_index = 294\n[hierarchy_authorization]\nowner = "o"'),
  );
});

const WARNED: { what: string; text: string; warning: RegExp }[] = [
  {
    what: "a home directory that is not taken over",
    text: `${MANUAL}[aziot_keys]\nhomedir_path = "/data/keys"\n`,
    warning: /aziot_keys\.homedir_path is always \/var\/lib\/aziot\/keyd/,
  },
  {
    what: "a preloaded key whose id is taken",
    text: `${MANUAL}[preloaded_keys]\ndevice-id = "file:///etc/own"\n`,
    warning: /preloaded_keys\.device-id is replaced/,
  },
  {
    what: "a preloaded certificate whose id is taken",
    text: `${MANUAL}[preloaded_certs]\nlocal-ca = ["x"]
[cert_issuance.local_ca]\ncert = "file:///etc/c.pem"\npk = "file:///etc/c.key"\n`,
    warning: /preloaded_certs\.local-ca is replaced/,
  },
  {
    what: "a renewal that manual provisioning does not know",
    text: `[provisioning]\nsource = "manual"\niothub_hostname = "h"\ndevice_id = "d"
[provisioning.authentication]\nmethod = "x509"
identity_cert = { method = "self_signed", auto_renew = { rotate_key = true, threshold = "80%", retry = "4%" } }`,
    warning: /identity_cert\.auto_renew is not used with manual provisioning/,
  },
  {
    what: "EST authentication of an issued local CA",
    text:
      `${MANUAL}[cert_issuance.local_ca.cert]\nmethod = "est"\nusername = "u"\npassword = "p"\n`,
    warning: /cert_issuance\.local_ca\.cert: its EST authentication is not used/,
  },
];

for (const { what, text, warning } of WARNED) {
  Deno.test(`${what} is warned about`, async () => {
    assert.match((await mapped(text)).warnings, warning);
  });
}

Deno.test("the provisioning service cannot be used through a gateway", async () => {
  const text = `parent_hostname = "gw"${X509('identity_cert = { method = "self_signed" }')}`;
  await assert.rejects(mapped(text), {
    message: "DPS provisioning is not supported in nested mode",
  });
});
