// SPDX-License-Identifier: MIT

/**
 * Several files changed as one. A reader of a single file sees its old content or the new; after a
 * crash at any moment {@link recover}, or the next {@link commit}, brings all files back to what
 * they were, unless all steps had been done.
 */

import {
  type Before,
  clear,
  dropRecord,
  type Entry,
  keepRecord,
  type Planned,
  readRecord,
} from "./commit_record.ts";
import type { Step } from "./commit_step.ts";
import { directoryOf, DISK, type Disk, look } from "./disk.ts";

export type { Owner, Step } from "./commit_step.ts";

/**
 * Carries out the steps in their order, all or none. First everything is proved to be possible:
 * the new contents are written beside their targets and the targets' directories are tried. Only
 * then the first file changes.
 *
 * `journal` is a directory of the commit's own, mode 0700, in which it keeps the old contents
 * while it runs; one caller at a time. Throws `could not create|remove|give <path>` with the
 * system's reason; then everything is as before, or the error says that it will be with the next
 * run.
 */
export async function commit(
  steps: readonly Step[],
  journal: string,
  disk: Disk = DISK,
): Promise<void> {
  await recover(journal, disk);
  const planned = await record(steps, journal, disk);
  try {
    for (const { step, entry } of planned) await named(step, () => prove(step, entry, disk));
    for (const { step, entry } of planned) await named(step, () => perform(step, entry, disk));
    for (const directory of directoriesOf(steps)) await disk.sync(directory);
  } catch (error) {
    throw await undone(error, journal, disk);
  }
  await dropRecord(journal, disk);
}

/** Undoes a commit that was interrupted; answers whether there was one. */
export async function recover(journal: string, disk: Disk = DISK): Promise<boolean> {
  const entries = await readRecord(journal);
  // Without a record nothing was changed yet, or everything was.
  if (entries === undefined) {
    await clear(journal, disk);
    return false;
  }
  for (const entry of entries.toReversed()) {
    try {
      await undo(entry, disk);
    } catch (cause) {
      throw new Error(`could not bring back ${entry.path}`, { cause });
    }
  }
  for (const directory of directoriesOf(entries)) {
    // A directory that is missing is why the commit failed.
    if (await look(directory)) await disk.sync(directory);
  }
  await dropRecord(journal, disk);
  return true;
}

/** Whether a commit was interrupted, so that {@link recover} has something to undo. */
export async function isInterrupted(journal: string): Promise<boolean> {
  return await readRecord(journal) !== undefined;
}

async function record(steps: readonly Step[], journal: string, disk: Disk): Promise<Planned[]> {
  try {
    await disk.makeDirectory(journal);
    return await keepRecord(steps, journal, disk);
  } catch (cause) {
    await clear(journal, disk).catch(() => {
      // The next run tries again; the error that brought us here is the one to report.
    });
    throw new Error(`could not keep what is to be changed in ${journal}`, { cause });
  }
}

async function named(step: Step, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (cause) {
    throw new Error(`could not ${VERBS[step.do]} ${step.path}`, { cause });
  }
}

const VERBS = { write: "create", remove: "remove", chown: "change the owner of" } as const;

/** Makes the new content ready, or tries a change that changes nothing. */
async function prove(step: Step, { temporary, before }: Entry, disk: Disk): Promise<void> {
  switch (step.do) {
    case "write": {
      const { bytes, mode, owner } = step;
      await disk.create(temporary, bytes, owner === undefined ? { mode } : { mode, owner });
      return;
    }
    case "remove":
      if (before === undefined) return;
      await disk.create(temporary, new Uint8Array(), { mode: 0o600 });
      await disk.remove(temporary);
      return;
    case "chown":
      if (before !== undefined) await disk.give(step.path, before);
  }
}

async function perform(step: Step, { temporary, before }: Entry, disk: Disk): Promise<void> {
  switch (step.do) {
    case "write":
      await disk.rename(temporary, step.path);
      return;
    case "remove":
      await disk.remove(step.path);
      return;
    case "chown":
      // The bits of a link mean nothing, and setting them would set those of its target.
      await disk.give(step.path, step.owner, before?.kind === "link" ? undefined : step.mode);
  }
}

/** Undoes a commit that failed; answers the error to report. */
async function undone(error: unknown, journal: string, disk: Disk): Promise<unknown> {
  try {
    await recover(journal, disk);
    return error;
  } catch (cause) {
    const reason = error instanceof Error ? error.message : String(error);
    return new Error(`${reason}; what was changed so far is undone by the next run`, { cause });
  }
}

/** Brings back what an entry is about; does no harm when it is done twice. */
async function undo({ do: kind, path, temporary, before }: Entry, disk: Disk): Promise<void> {
  await disk.remove(temporary);
  if (before === undefined) {
    if (kind === "write") await disk.remove(path);
  } else if (kind === "chown") {
    await disk.give(path, before, before.kind === "link" ? undefined : before.mode);
  } else if (before.target !== undefined) {
    await disk.link(temporary, before.target);
    await disk.give(temporary, before);
    await disk.rename(temporary, path);
  } else if (before.copy !== undefined) {
    const bytes = await Deno.readFile(before.copy);
    // On a full disk what was not changed must not need a place to be changed back.
    if (await isUnchanged(path, before, bytes)) return;
    const { mode, uid, gid, mtime } = before;
    await disk.create(temporary, bytes, { mode, owner: { uid, gid } });
    await disk.setTime(temporary, mtime);
    await disk.rename(temporary, path);
  }
}

async function isUnchanged(path: string, before: Before, bytes: Uint8Array): Promise<boolean> {
  const found = await look(path);
  if (found?.kind !== "file" || found.mode !== before.mode) return false;
  if (found.uid !== before.uid || found.gid !== before.gid) return false;
  const present = await Deno.readFile(path);
  return present.length === bytes.length && present.every((byte, at) => byte === bytes[at]);
}

function directoriesOf(steps: readonly { path: string }[]): Set<string> {
  return new Set(steps.map(({ path }) => directoryOf(path)));
}
