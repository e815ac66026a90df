// SPDX-License-Identifier: MIT

import { parseCertificates, timeText } from "../certificate_file.ts";
import { reasonOf } from "../key_file.ts";
import type { Place } from "../place.ts";
import { DEVICE_ID } from "../super_config/ids.ts";
import { localPath } from "../super_config/key_uri.ts";
import { type AutoRenew, DEFAULT_AUTO_RENEW } from "../super_config/model.ts";
import type { ServiceConfigs } from "../super_config/service_configs.ts";

const DAY = 86_400_000;
const SOON = 30 * DAY;

/** Identities that are preloaded from files: nobody renews these, so their end is to be known. */
export async function certificateRemarks(
  configs: ServiceConfigs,
  place: Place,
  now: Date,
): Promise<{ notes: string[]; warnings: string[] }> {
  const notes: string[] = [];
  const warnings: string[] = [];
  for (const id of place.kind === "output" ? [] : identities(configs)) {
    const value = configs.certd.preloadedCerts.get(id);
    const path = typeof value === "string" ? localPath(value) : undefined;
    if (path === undefined) continue;
    const name = `the certificate ${id} (${path})`;
    try {
      const [leaf] = await parseCertificates(await Deno.readTextFile(place.at(path)));
      if (leaf === undefined) warnings.push(`${name} cannot be used: it holds no PEM certificate`);
      else {
        const { notAfter } = leaf;
        const remark = `${name} is not renewed automatically; expires ${timeText(notAfter)}`;
        (notAfter.getTime() - now.getTime() < SOON ? warnings : notes).push(remark);
      }
    } catch (error) {
      // One that cannot be read is told of already.
      if (isOfSystem(error)) continue;
      warnings.push(`${name} cannot be used: ${reasonOf(error)}`);
    }
  }
  return { notes, warnings };
}

function isOfSystem(error: unknown): boolean {
  return error instanceof Error && /os error \d+/.test(error.message);
}

/** The device's certificate and those with which it shows itself to EST servers. */
function identities({ certd: { est, issuance } }: ServiceConfigs): Set<string> {
  // Settings of its own for the renewal mean that the service renews even files of others.
  const isRenewed = est !== undefined && !isUsual(est.identityAutoRenew);
  const auths = [
    isRenewed ? undefined : est?.auth,
    ...[...issuance.values()].map(({ auth }) => auth),
  ];
  return new Set([DEVICE_ID, ...auths.flatMap((auth) => auth?.identity_cert ?? [])]);
}

function isUsual(autoRenew: AutoRenew): boolean {
  return JSON.stringify(autoRenew) === JSON.stringify(DEFAULT_AUTO_RENEW);
}
