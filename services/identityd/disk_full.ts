// SPDX-License-Identifier: MIT

/** Whether a write has failed because there is no room: reads go on, and a later write may work. */
export function isDiskFull(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ("code" in at && (at.code === "ENOSPC" || at.code === "EDQUOT")) return true;
  }
  return false;
}
