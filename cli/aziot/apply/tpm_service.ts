// SPDX-License-Identifier: MIT

import { isThere } from "../files.ts";
import type { Machine } from "../machine.ts";
import type { Place } from "../place.ts";
import type { SuperConfig } from "../super_config/model.ts";
import { isInstalled, TPM_SOCKET } from "../system/installed_units.ts";
import type { ServiceUsers } from "./service_users.ts";

const UNIT_DIRECTORIES = [
  "/etc/systemd/system",
  "/run/systemd/system",
  "/usr/local/lib/systemd/system",
  "/usr/lib/systemd/system",
  "/lib/systemd/system",
];

/** Whether the system has a TPM service. */
export async function hasTpmService(place: Place, machine: Machine): Promise<boolean> {
  if (place.kind !== "live") {
    for (const directory of UNIT_DIRECTORIES) {
      if (await isThere(place.at(`${directory}/${TPM_SOCKET}`))) return true;
    }
    return false;
  }
  return await isInstalled(machine, TPM_SOCKET);
}

/** Refuses TPM attestation where nothing can do it. */
export async function requireTpmService(
  { provisioning }: SuperConfig,
  place: Place,
  machine: Machine,
): Promise<void> {
  if (provisioning.source !== "dps" || provisioning.attestation.method !== "tpm") return;
  if (place.kind === "output" || await hasTpmService(place, machine)) return;
  throw new Error(
    'provisioning.attestation.method is "tpm", and there is no TPM service here (no unit ' +
      `${TPM_SOCKET}): use "x509" with a key in the TPM through its PKCS#11 library, or ` +
      '"symmetric_key", or install a TPM service',
  );
}

/** A warning when TPM settings go nowhere. */
export function unusedTpmSettings(config: SuperConfig, users: ServiceUsers): string[] {
  const { provisioning, tpm } = config;
  const isAttestation = provisioning.source === "dps" && provisioning.attestation.method === "tpm";
  if (users.tpmd !== undefined || !(tpm.isSet || isAttestation)) return [];
  return ["the settings of the TPM service are not written: there is no user aziottpm"];
}
