// SPDX-License-Identifier: MIT

import { formatRenewalPolicy } from "../../../services/config/renewal_policy.ts";
import type { Table, Value } from "../../../services/config/toml.ts";
import { DEVICE_ID, LOCAL_CA } from "./ids.ts";
import { HOMES } from "./map.ts";
import {
  type AutoRenew,
  DEFAULT_AUTH_KEY_INDEX,
  DEFAULT_AUTO_RENEW,
  DEFAULT_CLOUD_RETRIES,
  DEFAULT_CLOUD_TIMEOUT_SEC,
  DEFAULT_MAX_REQUESTS,
  DEFAULT_TCTI,
  type Subject,
} from "./model.ts";
import type {
  CertdConfig,
  CertdEst,
  CertdIssuance,
  IdentitydConfig,
  IdentitydSubject,
  KeydConfig,
  ServiceConfigs,
} from "./service_configs.ts";

/** The generated document of each service. */
export interface Documents {
  keyd: Table;
  certd: Table;
  identityd: Table;
  tpmd: Table;
}

/** The documents in which the services read their settings; defaults are left out. */
export function documentsOf(configs: ServiceConfigs): Documents {
  const { maxRequests } = configs;
  return {
    keyd: keydDocument(configs.keyd, maxRequests.keyd),
    certd: certdDocument(configs.certd, maxRequests.certd),
    identityd: identitydDocument(configs.identityd, maxRequests.identityd),
    tpmd: tpmdDocument(configs),
  };
}

function keydDocument(config: KeydConfig, maxRequests: number): Table {
  return table({
    max_requests: unlessDefault(maxRequests, DEFAULT_MAX_REQUESTS),
    aziot_keys: sorted(config.aziotKeys),
    preloaded_keys: sorted(config.preloadedKeys),
    principal: config.principals.map(({ uid, keys }) => table({ uid, keys })),
  });
}

function certdDocument(config: CertdConfig, maxRequests: number): Table {
  const issuance = new Map([...config.issuance].map(([id, entry]) => [id, issuanceTable(entry)]));
  const { principals } = config;
  return table({
    homedir_path: HOMES.certd,
    max_requests: unlessDefault(maxRequests, DEFAULT_MAX_REQUESTS),
    cert_issuance: table({
      est: config.est && estTable(config.est),
      local_ca: config.hasLocalCa ? table({ cert: LOCAL_CA, pk: LOCAL_CA }) : undefined,
      ...sorted(issuance),
    }),
    preloaded_certs: sorted(config.preloadedCerts),
    principal: principals.length > 0
      ? principals.map(({ uid, certs }) => table({ uid, certs }))
      : undefined,
  });
}

function estTable({ trustedCerts, auth, identityAutoRenew, urls }: CertdEst): Table {
  const renewal = autoRenewTable(identityAutoRenew);
  const isDefault = JSON.stringify(identityAutoRenew) === JSON.stringify(DEFAULT_AUTO_RENEW);
  return table({
    trusted_certs: trustedCerts.length > 0 ? trustedCerts : undefined,
    ...auth,
    identity_auto_renew: isDefault ? undefined : renewal,
    urls: urls.size > 0 ? sorted(urls) : undefined,
  });
}

function issuanceTable({ method, url, auth, expiryDays, subject }: CertdIssuance): Table {
  return table({ method, url, ...auth, expiry_days: expiryDays, ...subjectKeys(subject) });
}

function subjectKeys(subject: Subject | undefined): Record<string, Value> {
  if (subject === undefined) return {};
  if (subject.kind === "name") return { common_name: subject.commonName };
  return { subject: sorted(subject.parts) };
}

function identitydDocument(config: IdentitydConfig, maxRequests: number): Table {
  return table({
    hostname: config.hostname,
    homedir: HOMES.identityd,
    prefer_module_identity_cache: config.preferModuleIdentityCache,
    max_requests: unlessDefault(maxRequests, DEFAULT_MAX_REQUESTS),
    cloud_timeout_sec: unlessDefault(config.cloudTimeoutSec, DEFAULT_CLOUD_TIMEOUT_SEC),
    cloud_retries: unlessDefault(config.cloudRetries, DEFAULT_CLOUD_RETRIES),
    provisioning: provisioningTable(config),
    principal: config.principals.length > 0
      ? config.principals.map(({ uid, name }) => table({ uid, name }))
      : undefined,
    localid: config.localidDomain === undefined
      ? undefined
      : table({ domain: config.localidDomain }),
  });
}

function provisioningTable({ localGatewayHostname, provisioning }: IdentitydConfig): Table {
  const local = { local_gateway_hostname: localGatewayHostname };
  switch (provisioning.source) {
    case "none":
      return table({ ...local, source: "none" });
    case "manual": {
      const { iothubHostname, deviceId, method, csrSubject } = provisioning;
      const identity = method === "sas" ? { device_id_pk: DEVICE_ID } : X509_IDS;
      return table({
        ...local,
        source: "manual",
        iothub_hostname: iothubHostname,
        device_id: deviceId,
        authentication: table({
          method,
          ...identity,
          csr_subject: csrSubject && subjectValue(csrSubject),
        }),
      });
    }
    case "dps": {
      const { globalEndpoint, scopeId, payloadUri, registrationId, method } = provisioning;
      return table({
        ...local,
        source: "dps",
        global_endpoint: globalEndpoint,
        scope_id: scopeId,
        attestation: table({
          method,
          ...method === "x509" ? X509_IDS : {},
          registration_id: registrationId && subjectValue(registrationId),
          symmetric_key: method === "symmetric_key" ? DEVICE_ID : undefined,
          identity_auto_renew: provisioning.identityAutoRenew &&
            autoRenewTable(provisioning.identityAutoRenew),
        }),
        payload: payloadUri === undefined ? undefined : table({ uri: payloadUri }),
      });
    }
  }
}

const X509_IDS = { identity_cert: DEVICE_ID, identity_pk: DEVICE_ID };

function subjectValue(subject: IdentitydSubject): Value {
  return typeof subject === "string" ? subject : table(Object.fromEntries(subject));
}

function tpmdDocument({ tpmd, maxRequests }: ServiceConfigs): Table {
  const authorization = table({
    endorsement: unlessDefault(tpmd.endorsement, ""),
    owner: unlessDefault(tpmd.owner, ""),
  });
  return table({
    max_requests: unlessDefault(maxRequests.tpmd, DEFAULT_MAX_REQUESTS),
    tcti: unlessDefault(tpmd.tcti, DEFAULT_TCTI),
    auth_key_index: unlessDefault(tpmd.authKeyIndex, DEFAULT_AUTH_KEY_INDEX),
    hierarchy_authorization: Object.keys(authorization).length > 0 ? authorization : undefined,
  });
}

function autoRenewTable({ rotateKey, threshold, retry }: AutoRenew): Table {
  return table({
    rotate_key: rotateKey,
    threshold: formatRenewalPolicy(threshold),
    retry: formatRenewalPolicy(retry),
  });
}

function unlessDefault<T>(value: T, usual: T): T | undefined {
  return value === usual ? undefined : value;
}

/** A table of the entries that have a value; without prototype, so that any name is a key. */
export function table(entries: Record<string, Value | undefined>): Table {
  const made: Table = Object.create(null);
  for (const [key, value] of Object.entries(entries)) if (value !== undefined) made[key] = value;
  return made;
}

/** The entries by name: equal settings give equal files, whatever their order was. */
function sorted(entries: ReadonlyMap<string, Value>): Table {
  const made: Table = Object.create(null);
  for (const key of [...entries.keys()].sort()) made[key] = entries.get(key) ?? "";
  return made;
}
