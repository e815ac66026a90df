// SPDX-License-Identifier: MIT

import type { Check } from "./check.ts";
import { handshakeFinding, shown } from "./hub_connection.ts";
import { failure, IGNORED, SKIPPED } from "./outcome.ts";

const TIMEOUT_S = 30;

/** Whether the provisioning service can be reached. */
export const DPS_ENDPOINT: Check = {
  id: "host-connect-dps-endpoint",
  description: "host can connect to and perform TLS handshake with DPS endpoint",
  info: { dps_endpoint: null, dps_hostname: null, proxy: null },
  run: async (context) => {
    const provisioning = (await context.identityd())?.provisioning;
    if (provisioning === undefined) return SKIPPED;
    if (provisioning.source !== "dps") return IGNORED;
    const endpoint = provisioning.global_endpoint;
    const { hostname, port } = new URL(endpoint);
    if (hostname === "") {
      const message = "URL specified in provisioning.global_endpoint does not have a host";
      const finding = failure(message, "Correct the URL and apply again.");
      return { ...finding, info: { dps_endpoint: endpoint } };
    }
    const host = hostname.replace(/^\[|\]$/g, "");
    const proxy = await context.proxy();
    const peer = { host, port: port === "" ? 443 : Number(port), proxy, timeoutS: TIMEOUT_S };
    const info = { dps_endpoint: endpoint, dps_hostname: host, proxy: shown(proxy) };
    return { ...await handshakeFinding(peer), info };
  },
};
