// SPDX-License-Identifier: MIT

import type { User } from "../machine.ts";
import type { Place } from "../place.ts";
import { pathOfFileUri } from "../super_config/key_uri.ts";
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
 * each key or certificate file that is missing or that its service cannot read as things are.
 */
export async function checkFiles(
  configs: ServiceConfigs,
  users: ServiceUsers,
  place: Place,
): Promise<string[]> {
  const warnings: string[] = [];
  for (const [id, value] of configs.certd.preloadedCerts) {
    const path = typeof value === "string" ? filePath(value) : undefined;
    if (path === undefined) continue;
    const name = `preloaded certificate ${id} (${path})`;
    if (!CERT_ROOTS.some((root) => path.startsWith(`${root}/`))) {
      const refusal = `${name}: the Certificates Service reads only below ${CERT_ROOTS.join(", ")}`;
      // Files for elsewhere may be meant for a run with other roots.
      if (place.kind !== "output") throw new Error(`${refusal}: move the file`);
      warnings.push(refusal);
    }
    warnings.push(...await warningFor(name, path, "aziotcs", users.certd, place));
  }
  for (const [id, uri] of configs.keyd.preloadedKeys) {
    const path = filePath(uri);
    if (path === undefined || path === INLINE_KEY_PATH) continue;
    const name = `preloaded key ${id} (${path})`;
    warnings.push(...await warningFor(name, path, "aziotks", users.keyd, place));
  }
  return warnings;
}

function filePath(uri: string): string | undefined {
  try {
    return uri.startsWith("file:") ? pathOfFileUri(uri) : undefined;
  } catch {
    // A certificate URL with a host or a query: the service will say that it cannot read it.
    return undefined;
  }
}

async function warningFor(
  name: string,
  path: string,
  userName: string,
  user: User,
  place: Place,
): Promise<string[]> {
  if (place.kind === "output") return [];
  const reason = await unreadable(path, user, place.at);
  return reason === undefined ? [] : [`${name}: ${userName} cannot read it: ${reason}`];
}
