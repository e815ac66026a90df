// SPDX-License-Identifier: MIT

/** What `GET /identities/provisioning` says of the current configuration. */

import { invalidParameter } from "../http/errors.ts";
import { parseJson } from "../http/parse_json.ts";
import type { ProvisioningInfo } from "./client.ts";
import type { ProvisioningConfig } from "./config.ts";

/**
 * Reads the payload file through `readText`. Throws `ServiceError` 400 when that fails, and an
 * `Error` when the registration id stands only in a certificate.
 */
export async function provisioningInfo(
  config: ProvisioningConfig,
  readText: (path: string) => Promise<string>,
): Promise<ProvisioningInfo> {
  switch (config.source) {
    case "none":
      return { source: "none" };
    case "manual":
      return { source: "manual", auth: config.authentication.method };
    case "dps": {
      const { attestation, global_endpoint, payload, scope_id } = config;
      return {
        source: "dps",
        auth: attestation.method,
        endpoint: global_endpoint,
        scope_id,
        registration_id: registrationId(attestation),
        payload: payload ? await readPayload(payload.uri, readText) : null,
      };
    }
  }
}

type Attestation = Extract<ProvisioningConfig, { source: "dps" }>["attestation"];

function registrationId(attestation: Attestation): string {
  const id = attestation.registration_id;
  if (typeof id === "string") return id;
  if (id?.CN !== undefined) return id.CN;
  throw new Error("the registration id is in the device's certificate, which cannot be read yet");
}

async function readPayload(
  uri: string,
  readText: (path: string) => Promise<string>,
): Promise<unknown> {
  const { protocol, pathname } = new URL(uri);
  if (protocol !== "file:") {
    throw invalidParameter("provisioning.payload", new Error("payload uri is not a file"));
  }
  try {
    return parseJson(await readText(decodeURIComponent(pathname)));
  } catch (error) {
    throw invalidParameter("provisioning.payload", error);
  }
}
