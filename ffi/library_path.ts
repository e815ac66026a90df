// SPDX-License-Identifier: MIT

/** Where the packages put the native libraries. */
const INSTALLED = "/usr/lib/aziot";

/**
 * The absolute path of a native library of ours, by its file name: below `AZIOT_LIB_DIR` if that
 * developer switch is set and may be read (packaged programs may not), else where it is installed.
 */
export function libraryPath(name: string): string {
  return `${developerDirectory() ?? INSTALLED}/${name}`;
}

function developerDirectory(): string | undefined {
  try {
    return Deno.env.get("AZIOT_LIB_DIR") || undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}
