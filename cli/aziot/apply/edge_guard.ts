// SPDX-License-Identifier: MIT

import { isThere } from "../files.ts";
import type { Place } from "../place.ts";

const EDGE_CONFIGS = [
  "/etc/aziot/edged/config.d/00-super.toml",
  "/etc/aziot/edged/config.toml",
];

/**
 * The Module Runtime's configuration when the system has one: this tool would take its principals,
 * keys and certificates out of the files that both tools generate.
 */
export async function edgeConfig(place: Place): Promise<string | undefined> {
  if (place.kind === "output") return undefined;
  for (const path of EDGE_CONFIGS) if (await isThere(place.at(path))) return place.at(path);
  return undefined;
}
