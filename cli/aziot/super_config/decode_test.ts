// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { parseSuperConfig } from "./read.ts";

const MANUAL = `[provisioning]
source = "manual"
connection_string = "HostName=h;DeviceId=d;SharedAccessKey=QUJD"
`;

const SAS = (key: string) =>
  `[provisioning]
source = "manual"
iothub_hostname = "h"
device_id = "d"
[provisioning.authentication]
method = "sas"
device_id_pk = ${key}
`;

const X509 = (rest: string) =>
  `[provisioning]
source = "manual"
iothub_hostname = "h"
device_id = "d"
[provisioning.authentication]
method = "x509"
${rest}
`;

const DPS = (rest: string) =>
  `[provisioning]
source = "dps"
global_endpoint = "https://dps.example"
id_scope = "0ne"
${rest}
`;

/** Why a super-config is refused, after the name of the file. */
async function refusal(text: string): Promise<string> {
  let reason = "";
  await assert.rejects(parseSuperConfig(text, "FILE"), (error: Error) => {
    assert.equal(error.message, "could not parse config file");
    assert.ok(error.cause instanceof Error);
    reason = error.cause.message;
    return true;
  });
  assert.ok(reason.startsWith("FILE: "), reason);
  return reason.slice("FILE: ".length);
}

const REFUSED: { what: string; text: string; reason: string }[] = [
  { what: "an empty file", text: "", reason: "missing field `provisioning`" },
  {
    what: "a file without [provisioning]",
    text: 'hostname = "x"\n',
    reason: "missing field `provisioning`",
  },
  { what: "a syntax error", text: 'hostname = "x\n', reason: "line 1, column 14: " },
  {
    what: "a source in upper case",
    text: '[provisioning]\nsource = "DPS"\n',
    reason: "line 2, column 1: `provisioning.source`: unknown variant `DPS`, " +
      "expected one of `manual`, `dps`, `none`",
  },
  {
    what: "manual provisioning without anything",
    text: '[provisioning]\nsource = "manual"\n',
    reason: "line 1, column 1: missing field `connection_string` in `provisioning`: give it, or " +
      "`iothub_hostname`, `device_id` and [provisioning.authentication]",
  },
  {
    what: "a connection string without a key",
    text: '[provisioning]\nsource = "manual"\nconnection_string = "HostName=h;DeviceId=d"\n',
    reason: "line 3, column 1: `provisioning.connection_string`: " +
      'required parameter "SharedAccessKey" is missing',
  },
  {
    what: "manual provisioning without a device id",
    text: '[provisioning]\nsource = "manual"\niothub_hostname = "h"\n',
    reason: "line 1, column 1: missing field `device_id` in `provisioning`",
  },
  {
    what: "an authentication that does not exist",
    text: SAS('{ value = "QUJD" }').replace('"sas"', '"symmetric_key"'),
    reason: "line 6, column 1: `provisioning.authentication.method`: unknown variant " +
      "`symmetric_key`, expected one of `sas`, `x509`",
  },
  {
    what: "a key that is no base64",
    text: SAS('{ value = "!!" }'),
    reason: "line 7, column 18: `provisioning.authentication.device_id_pk.value`: " +
      "could not be decoded from base64: Invalid symbol 33, offset 0.",
  },
  {
    what: "an empty key",
    text: SAS('{ value = "" }'),
    reason: "line 7, column 18: `provisioning.authentication.device_id_pk.value`: " +
      "could not be decoded from base64: the key is empty",
  },
  {
    what: "a key without value and URI",
    text: SAS("{}"),
    reason: "line 7, column 1: missing field `value` in " +
      "`provisioning.authentication.device_id_pk`: give the key as `value` in base64, or its " +
      "place as `uri`",
  },
  {
    what: "a key that stands there without its table",
    text: SAS('"QUJD"'),
    reason: "line 7, column 1: `provisioning.authentication.device_id_pk`: invalid type: string, " +
      "expected a table",
  },
  {
    what: "a key URI with its scheme in upper case",
    text: SAS('{ uri = "File:///x" }'),
    reason: "line 7, column 18: `provisioning.authentication.device_id_pk.uri`: " +
      "unrecognized scheme, expected file: or pkcs11: in lower case",
  },
  {
    what: "a certificate as a bare path",
    text: X509('identity_cert = "/etc/x.pem"\nidentity_pk = "file:///etc/x.key"'),
    reason: "line 7, column 1: `provisioning.authentication.identity_cert`: " +
      "relative URL without a base: use file:///etc/x.pem",
  },
  {
    what: "a certificate without its key",
    text: X509('identity_cert = "file:///etc/x.pem"'),
    reason: "line 5, column 1: missing field `identity_pk` in `provisioning.authentication`: ",
  },
  {
    what: "an issued certificate without a method",
    text: X509("identity_cert = { expiry_days = 3 }"),
    reason:
      "line 7, column 1: missing field `method` in `provisioning.authentication.identity_cert`",
  },
  {
    what: "a lifetime of no days",
    text: X509('identity_cert = { method = "self_signed", expiry_days = 0 }'),
    reason: "line 7, column 43: `provisioning.authentication.identity_cert.expiry_days`: " +
      "expiry_days must be greater than 0",
  },
  {
    what: "a subject that is no table",
    text: X509('identity_cert = { method = "self_signed", subject = "CN=x" }'),
    reason: "line 7, column 43: `provisioning.authentication.identity_cert.subject`: " +
      "invalid type: string, expected a table",
  },
  {
    what: "a subject whose part is no string",
    text: X509('identity_cert = { method = "self_signed", subject = { CN = 5 } }'),
    reason: "line 7, column 55: `provisioning.authentication.identity_cert.subject.CN`: " +
      "invalid type: integer `5`, expected a string",
  },
  {
    what: "a common name that is no string",
    text: X509('identity_cert = { method = "self_signed", common_name = 5 }'),
    reason: "line 7, column 43: `provisioning.authentication.identity_cert.common_name`: " +
      "invalid type: integer `5`, expected a string",
  },
  {
    what: "a user name without a password",
    text: X509('identity_cert = { method = "est", username = "u" }'),
    reason: "line 7, column 1: missing field `password` in " +
      "`provisioning.authentication.identity_cert`, which `username` needs beside it",
  },
  {
    what: "a renewal without its retry",
    text: DPS(`[provisioning.attestation]
method = "x509"
identity_cert = { method = "est", auto_renew = { rotate_key = true, threshold = "80%" } }`),
    reason: "line 7, column 35: missing field `retry` in " +
      "`provisioning.attestation.identity_cert.auto_renew`",
  },
  {
    what: "a renewal policy without a unit",
    text: `${MANUAL}[cert_issuance.est.identity_auto_renew]
rotate_key = true
threshold = "80"
retry = "4%"
`,
    reason: "line 6, column 1: `cert_issuance.est.identity_auto_renew.threshold`: " +
      "bad units for policy: use %, min or day",
  },
  {
    what: "DPS without an endpoint",
    text: '[provisioning]\nsource = "dps"\nid_scope = "0ne"\n',
    reason: "line 1, column 1: missing field `global_endpoint` in `provisioning`: " +
      "the public service is https://global.azure-devices-provisioning.net/",
  },
  {
    what: "DPS without an id scope",
    text: '[provisioning]\nsource = "dps"\nglobal_endpoint = "https://x"\n',
    reason: "line 1, column 1: missing field `id_scope` in `provisioning`",
  },
  {
    what: "an attestation that does not exist",
    text: DPS('[provisioning.attestation]\nmethod = "sas"\n'),
    reason: "line 6, column 1: `provisioning.attestation.method`: unknown variant `sas`, " +
      "expected one of `symmetric_key`, `x509`, `tpm`",
  },
  {
    what: "a payload without a URI",
    text: DPS('payload = {}\n[provisioning.attestation]\nmethod = "tpm"\nregistration_id = "r"\n'),
    reason: "line 5, column 1: missing field `uri` in `provisioning.payload`",
  },
  {
    what: "a host name that is a number",
    text: `hostname = 5\n${MANUAL}`,
    reason: "line 1, column 1: `hostname`: invalid type: integer `5`, expected a string",
  },
  {
    what: "a timeout of 69 seconds",
    text: `cloud_timeout_sec = 69\n${MANUAL}`,
    reason: "line 1, column 1: `cloud_timeout_sec`: cloud_timeout_sec must be at least 70 seconds",
  },
  {
    what: "a negative number of retries",
    text: `cloud_retries = -1\n${MANUAL}`,
    reason: "line 1, column 1: `cloud_retries`: invalid value: integer `-1`, expected u32",
  },
  {
    what: "a fractional number of retries",
    text: `cloud_retries = 1.5\n${MANUAL}`,
    reason: "line 1, column 1: `cloud_retries`: invalid type: floating point `1.5`, expected u32",
  },
  {
    what: "a whole number of retries that is written as a fraction",
    text: `cloud_retries = 1.0\n${MANUAL}`,
    reason: "line 1, column 1: `cloud_retries`: invalid type: floating point `1.0`, expected u32",
  },
  {
    what: "a number that no program can hold",
    text: `cloud_timeout_sec = 9223372036854775807\n${MANUAL}`,
    reason: "line 1, column 1: the integer of `cloud_timeout_sec` is too large",
  },
  {
    what: "a yes instead of true",
    text: `prefer_module_identity_cache = "yes"\n${MANUAL}`,
    reason: "line 1, column 1: `prefer_module_identity_cache`: invalid type: string " +
      '"yes", expected a boolean',
  },
  {
    what: "the parent under both of its names",
    text: `parent_hostname = "a"\nlocal_gateway_hostname = "a"\n${MANUAL}`,
    reason: "line 2, column 1: `local_gateway_hostname`: duplicate field `parent_hostname`",
  },
  {
    what: "limits for three of the four services",
    text: `${MANUAL}[aziot_max_requests]\nkeyd = 1\ncertd = 1\nidentityd = 1\n`,
    reason: "line 4, column 1: missing field `tpmd` in `aziot_max_requests`: give all four",
  },
  {
    what: "a setting of the keys library that is a number",
    text: `${MANUAL}[aziot_keys]\npkcs11_lib_path = 5\n`,
    reason: "line 5, column 1: `aziot_keys.pkcs11_lib_path`: invalid type: integer `5`, " +
      "expected a string",
  },
  {
    what: "a preloaded certificate that is a number",
    text: `${MANUAL}[preloaded_certs]\nx = 5\n`,
    reason: "line 5, column 1: `preloaded_certs.x`: expected the URL of a file, or a list of " +
      "certificate ids",
  },
  {
    what: "a bundle with a number in it",
    text: `${MANUAL}[preloaded_certs]\nx = ["a", 5]\n`,
    reason: "line 5, column 1: `preloaded_certs.x`: invalid type: array, expected an array of " +
      "strings",
  },
  {
    what: "a trusted certificate as a bare path",
    text: `${MANUAL}[cert_issuance.est]\ntrusted_certs = ["/etc/ca.pem"]\n`,
    reason: "line 5, column 1: `cert_issuance.est.trusted_certs`: relative URL without a base: " +
      "use file:///etc/ca.pem",
  },
  {
    what: "an index of a TPM key in quotes",
    text: `${MANUAL}[tpm]\nauth_key_index = "0x00_01_00"\n`,
    reason: "line 5, column 1: `tpm.auth_key_index`: invalid type: string " +
      '"0x00_01_00", expected u32',
  },
  {
    what: "an index of a TPM key that is too large",
    text: `${MANUAL}[tpm]\nauth_key_index = 0x80_00_00\n`,
    reason: "line 5, column 1: `tpm.auth_key_index`: expected an integer in range " +
      "0x00_00_00..=0x7F_FF_FF",
  },
  {
    what: "a NUL in a text for the TPM",
    text: `${MANUAL}[tpm]\ntcti = [65, 0]\n`,
    reason: "line 5, column 1: `tpm.tcti`: a NUL is not possible here",
  },
  {
    what: "a local identity without its domain",
    text: `${MANUAL}[localid]\n`,
    reason: "line 4, column 1: missing field `domain` in `localid`",
  },
];

for (const { what, text, reason } of REFUSED) {
  Deno.test(`${what} is refused with its place and reason`, async () => {
    const said = await refusal(text);
    assert.ok(said.startsWith(reason), `${said}\n  starts with\n${reason}`);
  });
}

const WARNED: { what: string; text: string; warning: string | RegExp }[] = [
  {
    what: "a mistyped key",
    text: `hostnam = "x"\n${MANUAL}`,
    warning: "FILE: line 1, column 1: unknown key `hostnam` is ignored: did you mean `hostname`?",
  },
  {
    what: "a top-level key below a table header",
    text: `${MANUAL}cloud_retries = 3\n`,
    warning: "FILE: line 4, column 1: unknown key `provisioning.cloud_retries` is ignored: it " +
      "stands in [provisioning] and belongs to the top level, above the first table header",
  },
  {
    what: "a table at the wrong depth",
    text: `${MANUAL}[est]\n`,
    warning: "FILE: line 4, column 1: unknown key `est` is ignored: it stands at the top level " +
      "and belongs to [cert_issuance]",
  },
  {
    what: "an issuance entry that only the service's own file may have",
    text: `${MANUAL}[cert_issuance.mine]\nmethod = "self_signed"\n`,
    warning: "FILE: line 4, column 1: unknown key `cert_issuance.mine` is ignored",
  },
  {
    what: "a module's connection string",
    text: MANUAL.replace("DeviceId", "ModuleId=m;DeviceId"),
    warning: /line 3, .*connection_string`: this is a module connection string/,
  },
  {
    what: "a second way to say who the device is",
    text: `${MANUAL}device_id = "other"\n`,
    warning:
      "FILE: line 4, column 1: `provisioning.device_id`: ignored, since `connection_string` is " +
      "given too",
  },
  {
    what: "a broken connection string with complete other keys",
    text: SAS('{ value = "QUJD" }').replace("iothub", 'connection_string = "x"\niothub'),
    warning: /line 3, .*connection_string`: not usable, so the other keys of the table are used/,
  },
  {
    what: "a URI beside a key",
    text: SAS('{ value = "QUJD", uri = "file:///x" }'),
    warning: /device_id_pk\.uri`: ignored, since `value` is given too/,
  },
  {
    what: "a broken key with a URI beside it",
    text: SAS('{ value = "!!", uri = "file:///x" }'),
    warning: /device_id_pk\.value`: not a base64 key, so `uri` is used instead/,
  },
  {
    what: "a key beside an issued certificate",
    text: X509('identity_cert = { method = "self_signed" }\nidentity_pk = "file:///x"'),
    warning: /identity_pk`: ignored, since `identity_cert` is issued/,
  },
  {
    what: "a common name and a subject",
    text: X509(
      'identity_cert = { method = "self_signed", subject = { CN = "a" }, common_name = "b" }',
    ),
    warning: /common_name`: ignored, since `subject` stands before it/,
  },
  {
    what: "an EST server without TLS",
    text: `${MANUAL}[cert_issuance.est.urls]\ndefault = "http://est.example/e"\n`,
    warning: /EST server URL "http:\/\/est\.example\/e" is unencrypted HTTP.*man-in-the-middle/,
  },
  {
    what: "an EST URL of another method",
    text: X509('identity_cert = { method = "self_signed", url = "https://x" }'),
    warning: /url`: ignored, since it is only used with `method = "est"`/,
  },
  {
    what: "a certificate that is not in a file",
    text: `${MANUAL}[preloaded_certs]\nx = "https://h/c.pem"\n`,
    warning: /preloaded_certs\.x`: the Certificates Service reads only file: URLs/,
  },
];

for (const { what, text, warning } of WARNED) {
  Deno.test(`${what} is accepted with a warning`, async () => {
    const { warnings } = await parseSuperConfig(text, "FILE");
    assert.equal(warnings.length, 1, warnings.join("\n"));
    if (typeof warning === "string") assert.equal(warnings[0], warning);
    else assert.match(warnings[0] ?? "", warning);
  });
}

Deno.test("the Module Runtime's settings and those of older versions draw no warning", async () => {
  const { warnings } = await parseSuperConfig(
    `trust_bundle_cert = "file:///x"
auto_reprovisioning_mode = "Dynamic"
${MANUAL}always_reprovision_on_startup = true
[endpoints]
aziot_keyd = "unix:///x"
[agent]
name = "edgeAgent"
[agent.config.createOptions.HostConfig]
NanoCpus = 1.5
[edge_ca]
method = "self_signed"
`,
    "FILE",
  );
  assert.deepEqual(warnings, []);
});

Deno.test("of a common name and a subject the one that stands first counts", async () => {
  const subjectOf = async (first: string, second: string) => {
    const { config } = await parseSuperConfig(
      X509(`identity_cert = { method = "self_signed", ${first}, ${second} }`),
      "FILE",
    );
    const { provisioning } = config;
    assert.ok(provisioning.source === "manual" && provisioning.authentication.method === "x509");
    const { identity } = provisioning.authentication;
    return identity.kind === "issued" ? identity.options.subject?.kind : undefined;
  };
  const [name, parts] = ['common_name = "a"', 'subject = { CN = "b" }'];
  assert.equal(await subjectOf(name, parts), "name");
  assert.equal(await subjectOf(parts, name), "parts");
});

Deno.test("no error and no warning shows a secret", async () => {
  const secret = "c2VjcmV0c2VjcmV0c2VjcmV0";
  const texts = [
    MANUAL.replace("QUJD", `${secret}*`),
    `${MANUAL}connection_string = "SharedAccessKey=${secret}"\n`,
    `${MANUAL}x = "${secret}\n`,
    SAS(`"${secret}"`),
    SAS(`{ value = "${secret}#" }`),
    SAS(`{ uri = "pkcs11:object=x?pin-value=${secret}" }`),
    SAS(`{ uri = "${secret}:x" }`),
    `[provisioning]\nsource = "${secret}${secret}"\n`,
    X509(`identity_cert = { method = "est", password = "${secret}" }`),
    X509(`identity_cert = "${secret}"\nidentity_pk = "file:///x"`),
  ];
  for (const text of texts) {
    const said = await refusal(text);
    assert.ok(!said.includes(secret), said);
  }
  const { warnings } = await parseSuperConfig(`${MANUAL}pasword = "${secret}"\n`, "FILE");
  assert.ok(!warnings.join().includes(secret));
});
