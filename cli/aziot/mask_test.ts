// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { parseToml } from "../../services/config/toml.ts";
import { masked } from "./mask.ts";

Deno.test("a document is shown without its secrets and with everything else", () => {
  const shown = masked(parseToml(`
hostname = "h"
connection_string = "HostName=h;SharedAccessKey=secret;DeviceId=d"
device_id_pk = { value = "secret" }
[aziot_keys]
pkcs11_base_slot = "pkcs11:slot-id=0?pin-value=secret"
[preloaded_keys]
value = "secret"
k = "pkcs11:token=t;object=o?module-name=m&pin-value=secret"
[cert_issuance.est]
username = "u"
password = "secret"
urls = { default = "https://user:secret@est.example/x" }
[tpm.hierarchy_authorization]
owner = [115, 101]
[[principal]]
uid = 5
`));
  assert.deepEqual(
    shown,
    parseToml(`
hostname = "h"
connection_string = "HostName=h;SharedAccessKey=***;DeviceId=d"
device_id_pk = { value = "***" }
[aziot_keys]
pkcs11_base_slot = "pkcs11:slot-id=0?pin-value=***"
[preloaded_keys]
value = "***"
k = "pkcs11:token=t;object=o?module-name=m&pin-value=***"
[cert_issuance.est]
username = "u"
password = "***"
urls = { default = "https://user:***@est.example/x" }
[tpm.hierarchy_authorization]
owner = "***"
[[principal]]
uid = 5
`),
  );
});
