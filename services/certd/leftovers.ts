// SPDX-License-Identifier: MIT

import type { Log } from "../log/log.ts";
import { removeLeftovers } from "../storage/replace_file.ts";
import type { Places } from "./preloaded.ts";
import { fileError } from "./regular_file.ts";

/** No write takes so long: a temporary file of this age, in milliseconds, is nobody's any more. */
const ABANDONED = 60_000;

/**
 * Removes the temporary files of writes that ended with the last run: from the service's own
 * directory all, from those of preloaded files, where others may be writing, the abandoned ones.
 */
export async function removeUnfinished(
  directory: string,
  preloaded: Places,
  log: Log,
): Promise<void> {
  const shared = new Set<string>();
  for (const place of preloaded.values()) {
    if (place.kind === "file") shared.add(place.path.slice(0, place.path.lastIndexOf("/")) || "/");
  }
  shared.delete(directory);
  try {
    await removeLeftovers(directory);
  } catch (error) {
    log.warn(fileError("look for unfinished files in", directory, error).message);
  }
  for (const each of shared) {
    try {
      await removeLeftovers(each, { olderThanMs: ABANDONED });
    } catch {
      // Where this service may not even look, it has not written either.
    }
  }
}
