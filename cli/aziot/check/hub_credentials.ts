// SPDX-License-Identifier: MIT

import { RemoteError } from "../../../services/http/client_errors.ts";
import { keysClient } from "../../../services/keyd/client.ts";
import { client } from "../../../services/tls/client.ts";
import { TlsError } from "../../../services/tls/errors.ts";
import { socketOf } from "../service_paths.ts";
import type { Check } from "./check.ts";
import type { Context } from "./context.ts";
import { failure, type Finding, IGNORED, OK, SKIPPED, warning } from "./outcome.ts";

const TIMEOUT_MS = 30_000;
const TOKEN_LIFETIME_S = 300;
const LARGEST_ANSWER = 1024 * 1024;

/** Whether the hub takes the device's key for the device's. */
export const HUB_CREDENTIALS: Check = {
  id: "iothub-credentials",
  description: "iothub accepts the credentials of the device",
  run: async (context) => {
    const config = await context.identityd();
    if (config === undefined) return SKIPPED;
    const { provisioning } = config;
    // Other ways to provision keep the hub's name or the key elsewhere.
    if (provisioning.source !== "manual" || provisioning.authentication.method !== "sas") {
      return IGNORED;
    }
    // A parent answers for the hub with rules of its own, and a proxy is not for this request.
    if (provisioning.local_gateway_hostname !== undefined) return IGNORED;
    if (await context.proxy() !== undefined) return IGNORED;
    if (!await context.isRunning("keyd")) return SKIPPED;
    const device = { hub: provisioning.iothub_hostname, id: provisioning.device_id };
    return await ask(device, provisioning.authentication.device_id_pk, context);
  },
};

interface Device {
  hub: string;
  id: string;
}

async function ask(device: Device, keyId: string, context: Context): Promise<Finding> {
  let token: string;
  try {
    token = await sign(device, keyId, context);
  } catch (cause) {
    if (!(cause instanceof RemoteError)) throw cause;
    return failure(
      `the Keys Service does not sign with the device's key ${keyId}`,
      "Apply the configuration again, with the key that IoT Hub has for the device.",
      cause,
    );
  }
  try {
    return findingOf(await statusOf(device, token), device);
  } catch (cause) {
    // The checks of the connection say what is wrong with it.
    if (cause instanceof TlsError) return SKIPPED;
    throw cause;
  }
}

/** A shared access signature, as the Identity Service makes them. */
async function sign({ hub, id }: Device, keyId: string, context: Context): Promise<string> {
  using keys = keysClient({ socket: await socketOf("keyd", context.machine) });
  const resource = escaped(`${hub}/devices/${id}`.toLowerCase());
  const expiry = Math.floor(context.machine.now().getTime() / 1000) + TOKEN_LIFETIME_S;
  const message = new TextEncoder().encode(`${resource}\n${expiry}`);
  const signature = await keys.signHmacSha256(await keys.loadKey(keyId), message);
  const sig = encodeURIComponent(signature.toBase64());
  return `SharedAccessSignature sr=${resource}&sig=${sig}&se=${expiry}`;
}

async function statusOf({ hub, id }: Device, token: string): Promise<number> {
  using https = client({ trust: { system: true } });
  const url = `https://${hub}/devices/${escaped(id)}/modules?api-version=2017-11-08-preview`;
  const timeouts = { connect: TIMEOUT_MS, handshake: TIMEOUT_MS, total: TIMEOUT_MS };
  const headers = { authorization: token };
  const request = { method: "GET", url, headers, timeouts, maxBody: LARGEST_ANSWER };
  return (await https.request(request)).status;
}

function findingOf(status: number, { hub, id }: Device): Finding {
  if (status >= 200 && status < 300) return OK;
  const said = `${hub} answered HTTP status ${status} to the device ${id}`;
  if (status === 401) {
    return failure(
      `${said}: it does not accept the key`,
      "Compare the key with the device's in IoT Hub, see that the device is enabled there, and " +
        "that the clock of this machine is right.",
    );
  }
  if (status === 404) {
    return failure(`${said}: it does not know it`, "Check the device's id, or create the device.");
  }
  return warning(said, "Try again later; the hub may be throttling or out of order.");
}

/** Everything but unreserved characters escaped (RFC 3986). */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
