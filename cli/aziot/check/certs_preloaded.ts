// SPDX-License-Identifier: MIT

import type { Config as CertdConfig } from "../../../services/certd/config.ts";
import { VALIDITY_REMEDY, validityOfFile } from "./certificate_validity.ts";
import type { Check } from "./check.ts";
import type { Context } from "./context.ts";
import { type Remark, SKIPPED, together } from "./outcome.ts";

/** Whether every certificate that somebody placed is there and valid. */
export const CERTS_PRELOADED: Check = {
  id: "certs-preloaded",
  description: "preloaded certificates are valid",
  run: async (context) => {
    const config = await context.certd();
    if (config === undefined) return SKIPPED;
    const remarks: Remark[] = [];
    const seen = new Set<string>();
    for (const id of [...config.preloaded_certs.keys()].sort()) {
      remarks.push(...await look(id, config, context, seen));
    }
    return together(remarks, VALIDITY_REMEDY);
  },
};

/** Every id is looked at once: bundles may name each other. */
async function look(
  id: string,
  config: CertdConfig,
  context: Context,
  seen: Set<string>,
): Promise<Remark[]> {
  const place = config.preloaded_certs.get(id);
  if (place === undefined || seen.has(id)) return [];
  seen.add(id);
  switch (place.kind) {
    case "unusable":
      return [{ kind: "error", line: `preloaded certificate '${id}': ${place.reason}` }];
    case "file":
      return await validityOfFile(place.path, context);
    case "bundle": {
      const remarks: Remark[] = [];
      for (const part of place.ids) remarks.push(...await look(part, config, context, seen));
      return remarks;
    }
  }
}
