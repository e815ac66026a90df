// SPDX-License-Identifier: MIT

import { parseCertificates } from "../certificate_file.ts";
import { storedAt } from "../check/certificate_validity.ts";
import { loadCertd } from "../check/service_configs.ts";
import type { Machine } from "../machine.ts";

/** Until when a certificate on this device is good. */
export interface CertificateStatus {
  id: string;
  path: string;
  not_before: string;
  not_after: string;
}

/** The certificates that somebody placed or that were issued, as far as the caller may read them. */
export async function certificateStatus(machine: Machine): Promise<CertificateStatus[]> {
  const found: CertificateStatus[] = [];
  for (const [id, path] of await places(machine)) {
    try {
      const [leaf] = await parseCertificates(await Deno.readTextFile(machine.at(path)));
      if (leaf === undefined) continue;
      const [not_before, not_after] = [leaf.notBefore.toISOString(), leaf.notAfter.toISOString()];
      found.push({ id, path, not_before, not_after });
    } catch {
      // Not issued yet, or not for this caller; `aziot check` tells of what is broken.
    }
  }
  return found;
}

async function places(machine: Machine): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  try {
    const config = await loadCertd(machine);
    for (const id of config.cert_issuance.certs.keys()) found.set(id, await storedAt(id, config));
    for (const [id, place] of config.preloaded_certs) {
      if (place.kind === "file") found.set(id, place.path);
    }
  } catch {
    // A configuration that is broken, or not for this caller.
  }
  return found;
}
