// SPDX-License-Identifier: MIT

import type { AutoRenew, MaxRequests, Subject, Tpm } from "./model.ts";

/**
 * What the super-config means for each service: the state of the mapping, and what the Module
 * Runtime's own mapping appends to. Lists keep their order.
 */
export interface ServiceConfigs {
  maxRequests: MaxRequests;
  keyd: KeydConfig;
  certd: CertdConfig;
  identityd: IdentitydConfig;
  tpmd: Tpm;
  /** An inline symmetric key, to be written to {@link INLINE_KEY_PATH}. */
  deviceKey: Uint8Array | undefined;
  warnings: string[];
}

/** Where an inline symmetric key is kept. */
export const INLINE_KEY_PATH = "/var/secrets/aziot/keyd/device-id";

export interface KeydConfig {
  aziotKeys: Map<string, string>;
  /** Canonical key URI by key id. */
  preloadedKeys: Map<string, string>;
  principals: { uid: number; keys: string[] }[];
}

export interface CertdConfig {
  est: CertdEst | undefined;
  hasLocalCa: boolean;
  /** By certificate id. */
  issuance: Map<string, CertdIssuance>;
  preloadedCerts: Map<string, string | string[]>;
  principals: { uid: number; certs: string[] }[];
}

/** EST authentication as certd has it: values are ids, not places. */
export interface CertdEstAuth {
  username?: string;
  password?: string;
  identity_cert?: string;
  identity_pk?: string;
  bootstrap_identity_cert?: string;
  bootstrap_identity_pk?: string;
}

export interface CertdEst {
  trustedCerts: string[];
  auth: CertdEstAuth;
  identityAutoRenew: AutoRenew;
  urls: ReadonlyMap<string, string>;
}

export interface CertdIssuance {
  method: string;
  url: string | undefined;
  auth: CertdEstAuth;
  expiryDays: number | undefined;
  subject: Subject | undefined;
}

export interface IdentitydConfig {
  hostname: string;
  preferModuleIdentityCache: boolean;
  cloudTimeoutSec: number;
  cloudRetries: number;
  localGatewayHostname: string | undefined;
  provisioning: IdentitydProvisioning;
  localidDomain: string | undefined;
  principals: { uid: number; name: string }[];
}

/** A subject of which only the common name is given, or its parts with `CN` first. */
export type IdentitydSubject = string | ReadonlyMap<string, string>;

export type IdentitydProvisioning =
  | {
    source: "manual";
    iothubHostname: string;
    deviceId: string;
    method: "sas" | "x509";
    csrSubject: IdentitydSubject | undefined;
  }
  | {
    source: "dps";
    globalEndpoint: string;
    scopeId: string;
    payloadUri: string | undefined;
    method: "symmetric_key" | "x509" | "tpm";
    registrationId: IdentitydSubject | undefined;
    identityAutoRenew: AutoRenew | undefined;
  }
  | { source: "none" };
