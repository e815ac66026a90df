// SPDX-License-Identifier: MIT

import { decodeKey } from "./base64_key.ts";

/** What a device's connection string says. */
export interface ConnectionString {
  iothubHostname: string;
  deviceId: string;
  /** The shared key, decoded. */
  key: Uint8Array;
  /** What the text holds besides and the product does not use, for a warning. */
  notes: string[];
}

/**
 * Reads `HostName=...;DeviceId=...;SharedAccessKey=...` as IoT Hub's portal gives it: parts in any
 * order, split at `;` and at the first `=`, names by exact spelling, the last of equal names
 * counts, other parts are ignored. Throws an error without any of the values.
 */
export function parseConnectionString(text: string): ConnectionString {
  const parts = new Map<string, string>();
  for (const part of text.split(";")) {
    const equals = part.indexOf("=");
    if (equals >= 0) parts.set(part.slice(0, equals), part.slice(equals + 1));
  }

  const iothubHostname = required(parts, "HostName");
  const deviceId = required(parts, "DeviceId");
  if (!parts.has("SharedAccessKey") && parts.get("x509") === "true") {
    throw new Error(
      'required parameter "SharedAccessKey" is missing: this is the connection string of an ' +
        "X.509 device, configure its certificate and key instead",
    );
  }
  const encoded = required(parts, "SharedAccessKey");

  const notes: string[] = [];
  if (parts.has("ModuleId")) {
    notes.push(
      "this is a module connection string: its ModuleId is ignored, and its key works only if it " +
        "is the device's",
    );
  }
  try {
    return { iothubHostname, deviceId, key: decodeKey(encoded), notes };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      'connection string\'s "SharedAccessKey" parameter could not be decoded from base64: ' +
        reason,
    );
  }
}

function required(parts: ReadonlyMap<string, string>, name: string): string {
  const value = parts.get(name);
  if (value === undefined) throw new Error(`required parameter "${name}" is missing`);
  if (value === "") throw new Error(`required parameter "${name}" is empty`);
  return value;
}
