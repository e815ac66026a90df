// SPDX-License-Identifier: MIT

import { VALIDITY_REMEDY, validityOf } from "./certificate_validity.ts";
import type { Check } from "./check.ts";
import { IGNORED, SKIPPED, together } from "./outcome.ts";

/** Whether the certificate of the local CA is valid. */
export const LOCAL_CA_CERTIFICATE_EXPIRY: Check = {
  id: "local-ca-certificate-expiry",
  description: "production readiness: Local CA certificates expiry",
  info: { certificate_info: null },
  run: async (context) => {
    const config = await context.certd();
    if (config === undefined) return SKIPPED;
    const { localCa } = config.cert_issuance;
    if (localCa === undefined) return IGNORED;
    const { remarks, info } = await validityOf(localCa.cert, "Local CA", config, context);
    return { ...together(remarks, VALIDITY_REMEDY), info: { certificate_info: info } };
  },
};
