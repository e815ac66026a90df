// SPDX-License-Identifier: MIT

/** The repository. */
export const ROOT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

/** What is fetched once and kept: outside `out`, so that cleaning there costs nothing. */
export const CACHE = `${ROOT}/.toolchain/packages`;

/** Whether something is at `path`. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return false;
    throw cause;
  }
}

/** Removes a file or directory that may be absent. */
export async function removeTree(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
  }
}

/** Writes a file whole, with a mode that no umask changes. */
export async function writeFile(path: string, content: string, mode = 0o644): Promise<void> {
  await Deno.writeTextFile(path, content);
  await Deno.chmod(path, mode);
}

/** Copies a file under a mode, making the directories on the way. */
export async function installFile(from: string, to: string, mode = 0o644): Promise<void> {
  await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
  await Deno.copyFile(from, to);
  await Deno.chmod(to, mode);
}
