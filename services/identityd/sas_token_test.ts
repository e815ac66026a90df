// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { deviceAudience, sasToken, type SignHmac } from "./sas_token.ts";

const KEY = Uint8Array.from({ length: 32 }, (_, index) => index);
const sign: SignHmac = (message) =>
  Promise.resolve(new Uint8Array(createHmac("sha256", KEY).update(message).digest()));

Deno.test("a device's token is byte-equal to the published example", async () => {
  assert.equal(
    await sasToken(deviceAudience("Contoso-Hub.example.net", "Press=07"), 1893456000, sign),
    "SharedAccessSignature sr=contoso-hub.example.net/devices/press%3D07" +
      "&sig=lW3AtrnVGj9nG0N3KeyghB7T9XVdFnNJeweM0uqRkiY%3D&se=1893456000",
  );
});

Deno.test("the signature covers the encoded audience, a newline and the expiry", async () => {
  let signed = "";
  await sasToken("h/devices/Press=07", 17, (message) => {
    signed = new TextDecoder().decode(message);
    return Promise.resolve(new Uint8Array(32));
  });
  assert.equal(signed, "h/devices/press%3D07\n17");
});

Deno.test("a signature with every special character is form-encoded", async () => {
  const bytes = Uint8Array.fromBase64("+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/8=");
  const token = await sasToken("h", 1, () => Promise.resolve(bytes));
  assert.equal(
    token,
    "SharedAccessSignature sr=h&sig=" +
      "%2B%2F".repeat(20) + "%2B%2F8%3D&se=1",
  );
});
