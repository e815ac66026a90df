// SPDX-License-Identifier: MIT

import { TlsError } from "../../../services/tls/errors.ts";
import type { Check } from "./check.ts";
import type { Context } from "./context.ts";
import { failure, type Finding, IGNORED, OK, SKIPPED, warning } from "./outcome.ts";
import { shakeHands } from "./tls_handshake.ts";

/** One check for each protocol that a hub speaks. */
export const HUB_CONNECTIONS: readonly Check[] = [
  hubCheck("amqp", "AMQP", 5671),
  hubCheck("https", "HTTPS / WebSockets", 443),
  hubCheck("mqtt", "MQTT", 8883),
];

/** The longest that a handshake may take, in seconds. */
const LONGEST_S = 30;

function hubCheck(id: string, protocol: string, port: number): Check {
  return {
    id: `host-connect-iothub-${id}`,
    description: `host can connect to and perform TLS handshake with iothub ${protocol} port`,
    info: { iothub_hostname: null, port_number: port, proxy: null },
    run: async (context) => {
      const config = await context.identityd();
      if (config === undefined) return SKIPPED;
      const hub = await hubOf(context);
      if (!("host" in hub)) return hub;
      // A hub that has a port of its own speaks HTTPS there and nothing else.
      if (hub.port !== undefined && id !== "https") return IGNORED;

      const proxy = id === "https" ? await context.proxy() : undefined;
      const peer = { host: hub.host, port: hub.port ?? port, proxy };
      const extraTrust = hub.isParent ? await context.trustBundle() : "";
      const timeoutS = Math.min(config.cloud_timeout_sec, LONGEST_S);
      const finding = await handshakeFinding({ ...peer, extraTrust, timeoutS }, hub.isParent);
      const info = { iothub_hostname: hub.host, port_number: peer.port, proxy: shown(proxy) };
      return { ...finding, info };
    },
  };
}

/** The host to connect to, or why there is none. */
interface Hub {
  host: string;
  port?: number;
  /** Another device stands between this one and the hub. */
  isParent: boolean;
}

async function hubOf(context: Context): Promise<Hub | Finding> {
  const { iothubHostname } = context.settings;
  if (iothubHostname !== undefined) return hostAndPort(iothubHostname, false);
  const provisioning = (await context.identityd())?.provisioning;
  if (provisioning === undefined || provisioning.source === "none") return IGNORED;
  const parent = provisioning.local_gateway_hostname;
  if (provisioning.source === "manual") {
    return hostAndPort(parent ?? provisioning.iothub_hostname, parent !== undefined);
  }
  if (parent !== undefined) return IGNORED;
  const previous = (await context.previous())?.provisioning;
  if (previous?.source === "manual") return hostAndPort(previous.iothub_hostname, false);
  return warning(
    "Could not retrieve iothub_hostname from provisioning file.\n" +
      "Please specify the backing IoT Hub name using --iothub-hostname switch if you have that " +
      "information.",
    "Since no hostname is provided, all hub connectivity tests will be skipped.",
  );
}

function hostAndPort(text: string, isParent: boolean): Hub {
  const [, host = text, port] = /^(.*?)(?::(\d+))?$/.exec(text) ?? [];
  return { host, isParent, ...port === undefined ? {} : { port: Number(port) } };
}

/** What a handshake says of the way to a host. */
export async function handshakeFinding(
  peer: {
    host: string;
    port: number;
    extraTrust?: string;
    proxy: URL | undefined;
    timeoutS: number;
  },
  isParent = false,
): Promise<Finding> {
  const { host, timeoutS } = peer;
  try {
    await shakeHands({ ...peer, timeoutMs: timeoutS * 1000 });
    return OK;
  } catch (error) {
    if (!(error instanceof TlsError)) throw error;
    const isLate = error.phase === "timeout";
    const message = isLate
      ? "Failed to do TLS Handshake, Connection Attempt Timed out in " + `${timeoutS} Seconds`
      : `Could not connect to ${host} : could not complete TLS handshake`;
    return failure(message, isParent ? parentRemedy(host) : REMEDY, isLate ? undefined : error);
  }
}

const REMEDY =
  "Check the network, firewalls and the proxy on the way; --verbose tells where it failed.";

function parentRemedy(host: string): string {
  return `Make sure the parent device is reachable: 'curl https://${host}'. Its root certificate ` +
    "belongs into the trust store of this system (update-ca-certificates).";
}

/** A proxy without its password. */
export function shown(proxy: URL | undefined): string | null {
  if (proxy === undefined) return null;
  const copy = new URL(proxy);
  if (copy.password !== "") copy.password = "***";
  return copy.href;
}
