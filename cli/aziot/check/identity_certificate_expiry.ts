// SPDX-License-Identifier: MIT

import type { ProvisioningConfig } from "../../../services/identityd/config.ts";
import { VALIDITY_REMEDY, validityOf } from "./certificate_validity.ts";
import type { Check } from "./check.ts";
import { IGNORED, SKIPPED, together } from "./outcome.ts";

/** Whether the device's own certificate is valid. */
export const IDENTITY_CERTIFICATE_EXPIRY: Check = {
  id: "identity-certificate-expiry",
  description: "production readiness: identity certificates expiry",
  info: { certificate_info: null, provisioning_mode: null },
  run: async (context) => {
    const config = await context.identityd();
    if (config === undefined) return SKIPPED;
    const { mode, certId } = identityOf(config.provisioning);
    const info = { provisioning_mode: mode };
    if (certId === undefined) return { ...IGNORED, info };
    const certd = await context.certd();
    if (certd === undefined) return { ...SKIPPED, info };
    const name = mode === "dps-x509" ? "DPS identity" : "Manual identity";
    const validity = await validityOf(certId, name, certd, context);
    return {
      ...together(validity.remarks, VALIDITY_REMEDY),
      info: { ...info, certificate_info: validity.info },
    };
  },
};

function identityOf(provisioning: ProvisioningConfig): { mode: string; certId?: string } {
  switch (provisioning.source) {
    case "none":
      return { mode: "none" };
    case "manual": {
      const { authentication } = provisioning;
      if (authentication.method !== "x509") return { mode: "manual-other" };
      return { mode: "manual-x509", certId: authentication.identity_cert };
    }
    case "dps": {
      const { attestation } = provisioning;
      if (attestation.method !== "x509") return { mode: "dps-other" };
      return { mode: "dps-x509", certId: attestation.identity_cert };
    }
  }
}
