// SPDX-License-Identifier: MIT

/** Where the administrator's configuration stands. */
export const SUPER_CONFIG = "/etc/aziot/config.toml";

/** Whether there is something at `path`; a link counts as what it points to. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
