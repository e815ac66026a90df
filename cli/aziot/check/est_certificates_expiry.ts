// SPDX-License-Identifier: MIT

import type { Config as CertdConfig } from "../../../services/certd/config.ts";
import { VALIDITY_REMEDY, validityOf } from "./certificate_validity.ts";
import type { Check } from "./check.ts";
import { IGNORED, type Json, type Remark, SKIPPED, together } from "./outcome.ts";

/** Whether the certificates that are shown to EST servers are valid. */
export const EST_CERTIFICATES_EXPIRY: Check = {
  id: "est-identity-and-bootstrap-certificate-expiry",
  description: "production readiness: EST identity and bootstrap certificates expiry",
  info: { identity_certificate_info: null, bootstrap_certificate_info: null },
  run: async (context) => {
    const config = await context.certd();
    if (config === undefined) return SKIPPED;
    const remarks: Remark[] = [];
    const infos: Json[] = [];
    const auths = x509Auths(config);
    for (const { identity, bootstrap } of auths) {
      const found = await validityOf(identity, "x509 identity", config, context);
      remarks.push(...found.remarks);
      infos.push(found.info);
      // With a good identity its bootstrap is only needed again when that one is lost.
      if (bootstrap === undefined || found.remarks.length > 0) continue;
      const before = await validityOf(bootstrap, "x509 bootstrap", config, context);
      remarks.push(...before.remarks);
      infos.push(before.info);
    }
    if (auths.length === 0) return IGNORED;
    const [identity = null, bootstrap = null] = infos;
    const isGlobal = config.cert_issuance.est.auth?.identity !== undefined;
    return {
      ...together(remarks, VALIDITY_REMEDY),
      ...isGlobal
        ? { info: { identity_certificate_info: identity, bootstrap_certificate_info: bootstrap } }
        : {},
    };
  },
};

interface X509Auth {
  identity: string;
  bootstrap: string | undefined;
}

/** The one of all certificates first, then those of single ones. */
function x509Auths({ cert_issuance: { est, certs } }: CertdConfig): X509Auth[] {
  const own = [...certs.values()].filter(({ method }) => method === "est").map(({ auth }) => auth);
  return [est.auth, ...own].flatMap((auth) =>
    auth?.identity === undefined
      ? []
      : [{ identity: auth.identity.cert, bootstrap: auth.bootstrap?.cert }]
  );
}
