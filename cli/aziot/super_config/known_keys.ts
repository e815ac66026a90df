// SPDX-License-Identifier: MIT

import type { KnownKeys } from "../../../services/config/known_keys.ts";

const LEAF: KnownKeys = {};
const FREE_FORM: KnownKeys = { "**": LEAF };

const keys = (...names: string[]): KnownKeys =>
  Object.fromEntries(names.map((name) => [name, LEAF]));

const AUTO_RENEW = keys("rotate_key", "threshold", "retry");
const EST_AUTH = keys(
  "username",
  "password",
  "identity_cert",
  "identity_pk",
  "bootstrap_identity_cert",
  "bootstrap_identity_pk",
);
const ISSUANCE: KnownKeys = {
  ...keys("method", "url", "expiry_days", "common_name"),
  ...EST_AUTH,
  subject: { "*": LEAF },
  auto_renew: AUTO_RENEW,
};
const SYMMETRIC_KEY = keys("value", "uri");

/**
 * Every key that the super-config may have, in whatever variant. The Module Runtime's stand in the
 * same file and are checked by its own tool.
 */
export const KNOWN_KEYS: KnownKeys = {
  ...keys(
    "hostname",
    "parent_hostname",
    "local_gateway_hostname",
    "cloud_timeout_sec",
    "cloud_retries",
    "prefer_module_identity_cache",
  ),
  aziot_max_requests: keys("keyd", "certd", "tpmd", "identityd"),
  provisioning: {
    ...keys("source", "connection_string", "iothub_hostname", "device_id"),
    ...keys("global_endpoint", "id_scope"),
    // Older files have it; the services' own file is where it counts.
    ...keys("always_reprovision_on_startup"),
    payload: keys("uri"),
    authentication: {
      ...keys("method", "identity_pk"),
      device_id_pk: SYMMETRIC_KEY,
      identity_cert: ISSUANCE,
    },
    attestation: {
      ...keys("method", "registration_id", "identity_pk"),
      symmetric_key: SYMMETRIC_KEY,
      identity_cert: ISSUANCE,
    },
  },
  localid: keys("domain"),
  aziot_keys: { "*": LEAF },
  preloaded_keys: { "*": LEAF },
  cert_issuance: {
    est: {
      trusted_certs: LEAF,
      identity_auto_renew: AUTO_RENEW,
      auth: EST_AUTH,
      urls: { "*": LEAF },
    },
    local_ca: { cert: ISSUANCE, pk: LEAF },
  },
  preloaded_certs: { "*": LEAF },
  tpm: {
    ...keys("tcti", "auth_key_index"),
    hierarchy_authorization: keys("endorsement", "owner"),
  },
  endpoints: FREE_FORM,

  trust_bundle_cert: LEAF,
  allow_elevated_docker_permissions: LEAF,
  auto_reprovisioning_mode: LEAF,
  imported_master_encryption_key: LEAF,
  additional_info: LEAF,
  iotedge_max_requests: FREE_FORM,
  agent: FREE_FORM,
  connect: FREE_FORM,
  listen: FREE_FORM,
  watchdog: FREE_FORM,
  edge_ca: FREE_FORM,
  moby_runtime: FREE_FORM,
  image_garbage_collection: FREE_FORM,
};
