// SPDX-License-Identifier: MIT

import { AZIOT_VERSION } from "./aziot_version.ts";
import { CERTS_MATCH_PRIVATE_KEYS } from "./certs_match_private_keys.ts";
import { CERTS_PRELOADED } from "./certs_preloaded.ts";
import { CERTS_READ } from "./certs_read.ts";
import type { Section } from "./check.ts";
import { CONFIG_WELL_FORMED } from "./config_well_formed.ts";
import { CONFIGS_UP_TO_DATE } from "./configs_up_to_date.ts";
import { DAEMONS_RUNNING } from "./daemon_running.ts";
import { DPS_ENDPOINT } from "./dps_endpoint.ts";
import { EST_CERTIFICATES_EXPIRY } from "./est_certificates_expiry.ts";
import { EST_SERVER_HTTPS } from "./est_server_https.ts";
import { EST_SERVER_REACHABLE } from "./est_server_reachable.ts";
import { HOST_LOCAL_TIME } from "./host_local_time.ts";
import { HOSTNAME } from "./hostname.ts";
import { HUB_CONNECTIONS } from "./hub_connection.ts";
import { HUB_CREDENTIALS } from "./hub_credentials.ts";
import { IDENTITY_CERTIFICATE_EXPIRY } from "./identity_certificate_expiry.ts";
import { KEY_PAIRS_READ } from "./key_pairs_read.ts";
import { KEYS_MATCH_CONFIG } from "./keys_match_config.ts";
import { LOCAL_CA_CERTIFICATE_EXPIRY } from "./local_ca_certificate_expiry.ts";
import { PROXY_SETTINGS } from "./proxy_settings.ts";
import { SOCKET_PERMISSIONS } from "./socket_permissions.ts";
import { STATE_OWNERSHIP } from "./state_ownership.ts";

/** All checks in the order in which they are reported: the field's, then those of this tool. */
export const SECTIONS: readonly Section[] = [
  {
    name: "Configuration checks",
    checks: [
      ...CONFIG_WELL_FORMED,
      CONFIGS_UP_TO_DATE,
      HOSTNAME,
      AZIOT_VERSION,
      HOST_LOCAL_TIME,
      IDENTITY_CERTIFICATE_EXPIRY,
      EST_CERTIFICATES_EXPIRY,
      LOCAL_CA_CERTIFICATE_EXPIRY,
      CERTS_PRELOADED,
      ...DAEMONS_RUNNING,
      CERTS_READ,
      KEY_PAIRS_READ,
      EST_SERVER_HTTPS,
      CERTS_MATCH_PRIVATE_KEYS,
      KEYS_MATCH_CONFIG,
      SOCKET_PERMISSIONS,
      STATE_OWNERSHIP,
    ],
  },
  {
    name: "Connectivity checks",
    checks: [
      ...HUB_CONNECTIONS,
      DPS_ENDPOINT,
      EST_SERVER_REACHABLE,
      HUB_CREDENTIALS,
      PROXY_SETTINGS,
    ],
  },
];
