// SPDX-License-Identifier: MIT

import type { User } from "../machine.ts";
import { ancestors, permits } from "./access.ts";
import type { Owner } from "./write_outputs.ts";

const READ_AND_SEARCH = 5;

/** The directories that a run made, in that order, so that a failed run can take them back. */
export class MadeDirectories {
  readonly #made: string[] = [];

  /**
   * Makes a directory for one user only when it is missing, with missing parents for all. Throws
   * `could not create <path>`.
   */
  async ensurePrivate(path: string, owner: Owner | undefined): Promise<void> {
    for (const parent of ancestors(path)) await this.#ensure(parent, 0o755, undefined);
    await this.#ensure(path, 0o700, owner);
  }

  /** Removes what was made and is still empty. */
  async undo(): Promise<void> {
    for (const path of this.#made.reverse()) {
      try {
        await Deno.remove(path);
      } catch {
        // Somebody uses it by now.
      }
    }
  }

  async #ensure(path: string, mode: number, owner: Owner | undefined): Promise<void> {
    if (await isDirectory(path)) return;
    try {
      await Deno.mkdir(path, { mode });
      this.#made.push(path);
      // The umask may have taken bits away.
      await Deno.chmod(path, mode);
      if (owner !== undefined) await Deno.chown(path, owner.uid, owner.gid);
    } catch (cause) {
      throw new Error(`could not create ${path}`, { cause });
    }
  }
}

/**
 * Gives a directory of secrets to its user and lets that user get to it: each directory above,
 * below `base`, that the user cannot read and search is opened for all.
 */
export async function giveSecretsDirectory(
  path: string,
  user: User,
  base: string,
): Promise<void> {
  try {
    await Deno.chown(path, user.uid, user.gid);
    await Deno.chmod(path, 0o700);
    for (const parent of ancestors(path)) {
      if (!`${parent}/`.startsWith(`${base}/`)) continue;
      const info = await Deno.stat(parent);
      if (permits(info, user, READ_AND_SEARCH)) continue;
      await Deno.chmod(parent, (info.mode ?? 0) & 0o7777 | 0o005);
    }
  } catch (cause) {
    throw new Error(`could not prepare ${path}`, { cause });
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw new Error(`could not create ${path}`, { cause: error });
  }
}
