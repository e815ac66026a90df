// SPDX-License-Identifier: MIT

import type { Owner, Step } from "../../../services/storage/commit.ts";
import type { User } from "../machine.ts";
import { ancestors, permits } from "./access.ts";

const READ_AND_SEARCH = 5;

/** The directories that a run made, in that order, so that a failed run can take them back. */
export class MadeDirectories {
  readonly #made: string[] = [];

  /**
   * Makes a directory for one user only when it is missing, with missing parents for all. Throws
   * `could not create <path>`.
   */
  async ensurePrivate(path: string, owner: Owner | undefined): Promise<void> {
    await this.ensureParents(path);
    await this.#ensure(path, 0o700, owner);
  }

  /** Makes the directories above `path` that are missing, for all to use. */
  async ensureParents(path: string): Promise<void> {
    for (const parent of ancestors(path)) await this.#ensure(parent, 0o755, undefined);
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
 * The steps that give a directory of secrets to its user and let that user get to it: each
 * directory above, below `base`, that the user cannot read and search is opened for all.
 */
export async function secretsDirectorySteps(
  path: string,
  user: User,
  base: string,
): Promise<Step[]> {
  const steps: Step[] = [];
  for (const parent of ancestors(path)) {
    if (!`${parent}/`.startsWith(`${base}/`)) continue;
    const info = await Deno.stat(parent);
    if (permits(info, user, READ_AND_SEARCH)) continue;
    const owner = { uid: info.uid ?? 0, gid: info.gid ?? 0 };
    const real = await Deno.realPath(parent);
    steps.push({ do: "chown", path: real, owner, mode: (info.mode ?? 0) & 0o7777 | 0o005 });
  }
  const { uid, gid } = user;
  return [...steps, { do: "chown", path, owner: { uid, gid }, mode: 0o700 }];
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw new Error(`could not create ${path}`, { cause: error });
  }
}
