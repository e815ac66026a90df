// SPDX-License-Identifier: MIT

import type { AziotIdentity } from "../services/identityd/client.ts";
import type { KeysClient } from "../services/keyd/client.ts";
import { client } from "../services/tls/client.ts";

const LIFETIME_S = 3600;

/**
 * A SAS token of a module, as a program on the device makes it: the Keys Service signs, the key
 * stays there.
 */
export async function moduleToken(
  identity: AziotIdentity,
  keys: KeysClient,
  now: Date,
): Promise<string> {
  const { hubName, deviceId, moduleId, auth } = identity.spec;
  if (auth?.keyHandle === undefined) throw new Error("the identity has no key handle");
  const resource = encodeURIComponent(`${hubName}/devices/${deviceId}/modules/${moduleId}`);
  const expiry = Math.floor(now.getTime() / 1000) + LIFETIME_S;
  const signature = await keys.signHmacSha256(
    auth.keyHandle,
    new TextEncoder().encode(`${resource}\n${expiry}`),
  );
  const sig = encodeURIComponent(btoa(String.fromCharCode(...signature)));
  return `SharedAccessSignature sr=${resource}&sig=${sig}&se=${expiry}`;
}

/** Sends a message of a module to its hub; the hub's status when it took it, else an error. */
export async function acceptedByHub(
  sender: { hubName: string; device: string; module: string },
  token: string,
  caPath: string,
): Promise<number> {
  const { hubName, device, module } = sender;
  using https = client({ trust: { system: false, extra: await Deno.readTextFile(caPath) } });
  const path = `/devices/${device}/modules/${module}/messages/events`;
  const { status, body } = await https.request({
    method: "POST",
    url: `https://${hubName}${path}?api-version=2020-03-13`,
    headers: { Authorization: token, "Content-Type": "application/json" },
    body: new TextEncoder().encode('{"temperature":21.5}'),
    timeouts: { connect: 5000, handshake: 5000, total: 10_000 },
    maxBody: 64 * 1024,
  });
  if (status >= 300) {
    throw new Error(`the hub answered ${status} ${new TextDecoder().decode(body)}`);
  }
  return status;
}
