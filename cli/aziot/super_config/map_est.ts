// SPDX-License-Identifier: MIT

import { estBootstrapId, estId, estIdTemp } from "./ids.ts";
import type { MappingState } from "./mapping_state.ts";
import type { EstAuth, IssuanceOptions } from "./model.ts";
import type { CertdEstAuth, CertdIssuance } from "./service_configs.ts";

/**
 * Gives the certificates and keys of an EST authentication their ids, makes them preloaded and
 * lets the Certificates Service use the keys. `cert` is the certificate whose own authentication
 * it is; absent for that of all others. `hasTempKey`: whether a renewed identity has a new key.
 */
export function estAuthByIds(
  auth: EstAuth,
  cert: string | undefined,
  hasTempKey: boolean,
  state: MappingState,
): CertdEstAuth {
  const byIds: CertdEstAuth = { ...auth.basic };
  if (auth.x509 === undefined) return byIds;

  const { kind, certUrl, keyUri } = auth.x509;
  const identity = estId(cert);
  byIds.identity_cert = identity;
  byIds.identity_pk = identity;
  const preloaded = kind === "bootstrap" ? estBootstrapId(cert) : identity;
  state.preloadCert(preloaded, certUrl);
  state.preloadKey(preloaded, keyUri);
  state.certdKeys.push(preloaded);
  if (kind === "identity") return byIds;

  byIds.bootstrap_identity_cert = preloaded;
  byIds.bootstrap_identity_pk = preloaded;
  // The field's tool orders the two differently, and comparisons of its output count on that.
  const temp = hasTempKey ? [estIdTemp(cert)] : [];
  state.certdKeys.push(...cert === undefined ? [identity, ...temp] : [...temp, identity]);
  return byIds;
}

/** How certd issues a certificate; `auto_renew` is not its business. */
export function issuance(options: IssuanceOptions, auth: CertdEstAuth): CertdIssuance {
  const { method, url, expiryDays, subject } = options;
  return { method, url, auth, expiryDays, subject };
}

/** The options without their EST authentication. */
export function withoutAuth(options: IssuanceOptions): IssuanceOptions {
  return { ...options, auth: { basic: undefined, x509: undefined } };
}
