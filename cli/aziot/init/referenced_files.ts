// SPDX-License-Identifier: MIT

import { isTable } from "../../../services/config/merge.ts";
import type { Value } from "../../../services/config/toml.ts";
import { isThere } from "../files.ts";
import { pathOfFileUri } from "../super_config/key_uri.ts";

/** The paths of all `file:` URIs in a super-config that lead nowhere; `at` finds the files. */
export async function missingFiles(
  value: Value,
  at: (path: string) => string,
): Promise<string[]> {
  if (typeof value === "string") {
    if (!value.startsWith("file:")) return [];
    const path = pathOfFileUri(value);
    return await isThere(at(path)) ? [] : [path];
  }
  const inner = Array.isArray(value) ? value : isTable(value) ? Object.values(value) : [];
  return (await Promise.all(inner.map((item) => missingFiles(item, at)))).flat();
}
