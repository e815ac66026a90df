// SPDX-License-Identifier: MIT

import type { CertdConfig } from "../super_config/service_configs.ts";

/**
 * A warning when an EST identity that has to be obtained first comes from the URL that also issues
 * the certificates it is for: many servers issue only one kind of certificate at a URL.
 */
export function estUrlWarnings({ est, issuance }: CertdConfig): string[] {
  const urls = est?.urls ?? new Map<string, string>();
  const warnings: string[] = [];
  for (const [id, entry] of issuance) {
    if (entry.method !== "est") continue;
    const hasOwnAuth = Object.keys(entry.auth).length > 0;
    const auth = hasOwnAuth ? entry.auth : est?.auth;
    const identity = auth?.bootstrap_identity_cert === undefined ? undefined : auth.identity_cert;
    if (identity === undefined) continue;
    const own = entry.url ?? urls.get(id) ?? urls.get("default");
    // The identity of a single certificate comes from that certificate's URL.
    const identityUrl = hasOwnAuth ? own : urls.get(identity) ?? urls.get("default");
    if (own === undefined || own !== identityUrl) continue;
    warnings.push(
      `${own} issues both the EST identity ${identity} and the certificate ${id}: if the server ` +
        `has different URLs for them give that of the identity as cert_issuance.est.urls.${identity}`,
    );
  }
  return warnings;
}
