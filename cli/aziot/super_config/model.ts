// SPDX-License-Identifier: MIT

import type { RenewalPolicy } from "../../../services/config/renewal_policy.ts";

/**
 * The administrator's configuration, checked and with its defaults. URIs are in the form in which
 * the services' files carry them; URLs are normalised.
 */
export interface SuperConfig {
  /** Absent: the machine's host name at the time of the mapping. */
  hostname: string | undefined;
  parentHostname: string | undefined;
  cloudTimeoutSec: number;
  cloudRetries: number;
  preferModuleIdentityCache: boolean;
  maxRequests: MaxRequests;
  provisioning: Provisioning;
  /** Suffix of the common names of local identities. */
  localidDomain: string | undefined;
  aziotKeys: ReadonlyMap<string, string>;
  preloadedKeys: ReadonlyMap<string, string>;
  /** A URL, or the ids of a bundle. */
  preloadedCerts: ReadonlyMap<string, string | string[]>;
  est: Est | undefined;
  localCa: LocalCa | undefined;
  tpm: Tpm;
}

/** Connections that a service serves at once for one user. */
export interface MaxRequests {
  keyd: number;
  certd: number;
  identityd: number;
  tpmd: number;
}

export type Provisioning =
  | {
    source: "manual";
    iothubHostname: string;
    deviceId: string;
    authentication: Authentication;
  }
  | {
    source: "dps";
    globalEndpoint: string;
    idScope: string;
    payloadUri: string | undefined;
    attestation: Attestation;
  }
  | { source: "none" };

export type Authentication =
  | { method: "sas"; key: SymmetricKey }
  | { method: "x509"; identity: X509Identity };

export type Attestation =
  | { method: "symmetric_key"; registrationId: string; key: SymmetricKey }
  | { method: "x509"; registrationId: string | undefined; identity: X509Identity }
  | { method: "tpm"; registrationId: string };

/** The key itself, or the URI of the file or token object that holds it. */
export type SymmetricKey = { bytes: Uint8Array } | { uri: string };

export type X509Identity =
  | { kind: "preloaded"; certUrl: string; keyUri: string }
  | { kind: "issued"; options: IssuanceOptions };

export interface IssuanceOptions {
  method: "est" | "local_ca" | "self_signed";
  /** Of the EST server; only with method `est`. */
  url: string | undefined;
  /** Of the EST exchange; only with method `est`. */
  auth: EstAuth;
  expiryDays: number | undefined;
  subject: Subject | undefined;
  autoRenew: AutoRenew | undefined;
}

/** `name`: a common name alone. `parts`: short attribute names (`CN`, `O`) as the user wrote them. */
export type Subject =
  | { kind: "name"; commonName: string }
  | { kind: "parts"; parts: ReadonlyMap<string, string> };

export interface AutoRenew {
  rotateKey: boolean;
  threshold: RenewalPolicy;
  retry: RenewalPolicy;
}

/** How the device shows an EST server who it is; nothing of it is needed. */
export interface EstAuth {
  basic: { username: string; password: string } | undefined;
  x509: EstIdentity | undefined;
}

/** `bootstrap`: only good for obtaining the EST identity. `identity`: the EST identity itself. */
export interface EstIdentity {
  kind: "bootstrap" | "identity";
  certUrl: string;
  keyUri: string;
}

export interface Est {
  trustedCerts: string[];
  auth: EstAuth;
  identityAutoRenew: AutoRenew;
  /** By certificate id; `default` for all others. */
  urls: ReadonlyMap<string, string>;
}

export type LocalCa =
  | { kind: "preloaded"; certUrl: string; keyUri: string }
  | { kind: "issued"; options: IssuanceOptions };

/** Settings of a TPM service beside ours. */
export interface Tpm {
  /** Whether the file has any of it. */
  isSet: boolean;
  tcti: string;
  /** Offset of the key's handle from 0x81000000. */
  authKeyIndex: number;
  endorsement: string;
  owner: string;
}

export const DEFAULT_MAX_REQUESTS = 10;
export const DEFAULT_CLOUD_TIMEOUT_SEC = 70;
export const DEFAULT_CLOUD_RETRIES = 1;
export const DEFAULT_TCTI = "device";
export const DEFAULT_AUTH_KEY_INDEX = 0x00_01_00;
export const DEFAULT_AUTO_RENEW: AutoRenew = {
  rotateKey: true,
  threshold: { unit: "percent", value: 80 },
  retry: { unit: "percent", value: 4 },
};
