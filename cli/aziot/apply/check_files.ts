// SPDX-License-Identifier: MIT

import { isSameKey, parseCertificates } from "../certificate_file.ts";
import { inspectKeyFile, type KeyFile, type KeyUse } from "../key_file.ts";
import type { Place } from "../place.ts";
import { DEVICE_ID } from "../super_config/ids.ts";
import { localPath } from "../super_config/key_uri.ts";
import { INLINE_KEY_PATH, type ServiceConfigs } from "../super_config/service_configs.ts";
import { unreadable } from "./access.ts";
import type { ServiceUsers } from "./service_users.ts";

/** Below these the Certificates Service may read, whatever the modes say. */
const CERT_ROOTS = [
  "/etc",
  "/var/lib",
  "/var/secrets",
  "/home",
  "/opt",
  "/srv",
  "/usr/local",
  "/usr/share",
];

/**
 * Refuses certificate files that the Certificates Service can never read. Answers a warning for
 * each key or certificate file that its service cannot read or use as things are, and for each
 * certificate whose key is another one.
 */
export async function checkFiles(
  configs: ServiceConfigs,
  users: ServiceUsers,
  place: Place,
): Promise<string[]> {
  const warnings = refuseForeignPlaces(configs, place);
  if (place.kind === "output") return warnings;

  const certificates = new Map<string, string>();
  for (const [id, value] of configs.certd.preloadedCerts) {
    const path = typeof value === "string" ? localPath(value) : undefined;
    if (path === undefined) continue;
    const reason = await unreadable(path, users.certd, place.at);
    if (reason === undefined) certificates.set(id, path);
    else warnings.push(`${certificateName(id, path)}: aziotcs cannot read it: ${reason}`);
  }
  for (const [id, uri] of configs.keyd.preloadedKeys) {
    const path = localPath(uri);
    if (path === undefined || path === INLINE_KEY_PATH) continue;
    const name = `preloaded key ${id} (${path})`;
    const reason = await unreadable(path, users.keyd, place.at);
    if (reason !== undefined) {
      warnings.push(`${name}: aziotks cannot read it: ${reason}`);
      continue;
    }
    const key = await inspectKeyFile(place.at(path), useOf(id, configs));
    if (key.problem !== undefined) warnings.push(`${name} cannot be used: ${key.problem}`);
    warnings.push(...await mismatch(id, certificates.get(id), key, place));
  }
  return warnings;
}

function refuseForeignPlaces({ certd }: ServiceConfigs, place: Place): string[] {
  const warnings: string[] = [];
  for (const [id, value] of certd.preloadedCerts) {
    const path = typeof value === "string" ? localPath(value) : undefined;
    if (path === undefined || CERT_ROOTS.some((root) => path.startsWith(`${root}/`))) continue;
    const refusal = `${certificateName(id, path)}: the Certificates Service reads only below ` +
      CERT_ROOTS.join(", ");
    // Files for elsewhere may be meant for a run with other roots.
    if (place.kind !== "output") throw new Error(`${refusal}: move the file`);
    warnings.push(refusal);
  }
  return warnings;
}

function certificateName(id: string, path: string): string {
  return `preloaded certificate ${id} (${path})`;
}

/** What the rest of the configuration uses a key for. */
function useOf(id: string, { identityd, certd }: ServiceConfigs): KeyUse {
  const { provisioning } = identityd;
  if (id === DEVICE_ID && provisioning.source !== "none") {
    return provisioning.method === "x509" ? "pair" : "symmetric";
  }
  return certd.preloadedCerts.has(id) ? "pair" : "any";
}

async function mismatch(
  id: string,
  certPath: string | undefined,
  { publicKey }: KeyFile,
  place: Place,
): Promise<string[]> {
  if (certPath === undefined || publicKey === undefined) return [];
  try {
    const [leaf] = await parseCertificates(await Deno.readTextFile(place.at(certPath)));
    if (leaf === undefined || isSameKey(leaf.publicKey, publicKey)) return [];
  } catch {
    // A broken certificate is told of where its expiry is looked at.
    return [];
  }
  return [`${certificateName(id, certPath)} is not for the private key of the same id`];
}
