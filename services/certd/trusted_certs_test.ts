// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { CERTIFICATE } from "./test_pem.ts";
import { unreadableTrustedCerts } from "./trusted_certs.ts";

Deno.test("each trusted certificate that cannot be used is told with its reason", async () => {
  const texts: Record<string, string> = {
    good: CERTIFICATE,
    none: "no certificate",
    bad: CERTIFICATE + CERTIFICATE.replace("MII", "M!I"),
  };
  const store = {
    read(id: string) {
      if (id === "fifo") throw new Error("could not read /x", { cause: new Error("a FIFO") });
      return texts[id];
    },
  };
  assert.deepEqual(
    await unreadableTrustedCerts(["good", "missing", "none", "bad", "fifo"], store),
    [
      'cert_issuance.est.trusted_certs contains unreadable cert "missing": not found',
      'cert_issuance.est.trusted_certs contains unreadable cert "bad": ' +
      "a certificate in it does not decode",
      'cert_issuance.est.trusted_certs contains unreadable cert "fifo": could not read /x: a FIFO',
    ],
  );
});
