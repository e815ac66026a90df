// SPDX-License-Identifier: MIT

/**
 * Shared access signatures of IoT Hub: who the device is and until when the proof holds, signed
 * with the device's key. The key stays in the Keys Service, so signing is a parameter.
 */

import { escapeId } from "./hub_ids.ts";

/** A new token is made for every attempt; this only has to outlast one and a wrong clock. */
export const TOKEN_LIFETIME_S = 5 * 60;

/** HMAC-SHA256 of a message with the device's key: 32 bytes. */
export type SignHmac = (message: Uint8Array) => Promise<Uint8Array>;

/** What a device's token is for: the device itself, never a module or a gateway. */
export function deviceAudience(hub: string, deviceId: string): string {
  return `${hub}/devices/${deviceId}`;
}

/**
 * The value of an `authorization` header. `audience` is lower-cased and encoded here, `expiry` is
 * in seconds since 1970.
 */
export async function sasToken(
  audience: string,
  expiry: number,
  sign: SignHmac,
): Promise<string> {
  const resource = escapeId(audience.toLowerCase());
  const signature = await sign(new TextEncoder().encode(`${resource}\n${expiry}`));
  const parameters = new URLSearchParams({ sig: signature.toBase64() });
  return `SharedAccessSignature sr=${resource}&${parameters}&se=${expiry}`;
}
