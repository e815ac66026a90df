// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { parseToml } from "../../../services/config/toml.ts";
import { decodeSuperConfig } from "../super_config/decode.ts";
import { mapSuperConfig } from "../super_config/map.ts";
import { estUrlWarnings } from "./est_urls.ts";

function warnings(est: string, identityCert = 'method = "est"\ncommon_name = "d"'): string[] {
  const text = `[provisioning]
source = "manual"
iothub_hostname = "h"
device_id = "d"
[provisioning.authentication]
method = "x509"
[provisioning.authentication.identity_cert]
${identityCert}
${est}`;
  const { config } = decodeSuperConfig(parseToml(text), text);
  const machine = { hostname: "m", certdUid: 1, identitydUid: 2 };
  return estUrlWarnings(mapSuperConfig(config, machine).certd);
}

const BOOTSTRAP = `[cert_issuance.est.auth]
bootstrap_identity_cert = "file:///etc/b.pem"
bootstrap_identity_pk = "file:///etc/b.key"
`;

Deno.test("one URL for the EST identity and what it is for is pointed out", () => {
  assert.deepEqual(
    warnings(`${BOOTSTRAP}[cert_issuance.est.urls]\ndefault = "https://e/.well-known/est"\n`),
    [
      "https://e/.well-known/est issues both the EST identity est-id and the certificate " +
      "device-id: if the server has different URLs for them give that of the identity as " +
      "cert_issuance.est.urls.est-id",
    ],
  );
});

for (
  const [what, est] of [
    [
      "the identity has a URL of its own",
      `${BOOTSTRAP}[cert_issuance.est.urls]\ndefault = "https://e/"\nest-id = "https://i/"\n`,
    ],
    [
      "the certificate has one",
      `${BOOTSTRAP}[cert_issuance.est.urls]\ndefault = "https://e/"\ndevice-id = "https://i/"\n`,
    ],
    ["there is no identity to obtain", '[cert_issuance.est.urls]\ndefault = "https://e/"\n'],
    [
      "the identity is there already",
      `${BOOTSTRAP.replaceAll("bootstrap_", "")}[cert_issuance.est.urls]\ndefault = "https://e/"\n`,
    ],
  ] as const
) {
  Deno.test(`nothing is pointed out when ${what}`, () => {
    assert.deepEqual(warnings(est), []);
  });
}

Deno.test("the identity of one certificate always comes from that certificate's URL", () => {
  const [warning = "", ...more] = warnings(
    "",
    'method = "est"\nurl = "https://e/"\ncommon_name = "d"\n' +
      'bootstrap_identity_cert = "file:///etc/b.pem"\nbootstrap_identity_pk = "file:///etc/b.key"',
  );
  assert.match(warning, /^https:\/\/e\/ issues both the EST identity est-id-device-id and/);
  assert.deepEqual(more, []);
});

Deno.test("a certificate that no EST server issues has no such URL", () => {
  const auth = `${BOOTSTRAP}[cert_issuance.est.urls]\ndefault = "https://e/"\n`;
  assert.deepEqual(warnings(auth, 'method = "self_signed"\ncommon_name = "d"'), []);
});
