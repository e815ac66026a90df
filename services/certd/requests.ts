// SPDX-License-Identifier: MIT

/** The bodies of the requests, all JSON objects. Unknown members are ignored. */

import * as v from "valibot";

/** POST `/certificates`: `csr` is a PKCS#10 request in PEM. */
export const createCertificate = v.object({
  certId: v.string(),
  csr: v.string(),
  /** Whose certificate and key sign it; absent: as the configuration says. */
  issuer: v.nullish(v.object({ certId: v.string(), privateKeyHandle: v.string() })),
});

/** PUT `/certificates/{id}`: PEM text that is stored as it is. */
export const importCertificate = v.object({ pem: v.string() });
