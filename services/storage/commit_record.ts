// SPDX-License-Identifier: MIT

import * as v from "valibot";
import type { Step } from "./commit_step.ts";
import { type Disk, look, readUnlinked } from "./disk.ts";

const BEFORE = v.object({
  kind: v.picklist(["file", "link", "other"]),
  mode: v.number(),
  uid: v.number(),
  gid: v.number(),
  mtime: v.number(),
  /** Where a file's old content is kept. */
  copy: v.optional(v.string()),
  /** Where a link led. */
  target: v.optional(v.string()),
});

const ENTRY = v.object({
  do: v.picklist(["write", "remove", "chown"]),
  path: v.string(),
  /** A file beside it, for a content that is made ready. */
  temporary: v.string(),
  /** Absent: there was nothing. */
  before: v.optional(BEFORE),
});

const RECORD = v.object({ version: v.literal(1), entries: v.array(ENTRY) });

/** What was at a path before, with all that is needed to bring it back. */
export type Before = v.InferOutput<typeof BEFORE>;

/** One step as the record has it. */
export type Entry = v.InferOutput<typeof ENTRY>;

const nameOfRecord = (journal: string): string => `${journal}/record.json`;

const SECRET = { mode: 0o600 };

/** A step with what the record keeps of it. */
export interface Planned {
  step: Step;
  entry: Entry;
}

/** Keeps what the steps are about to change. Once this has settled the commit can be undone. */
export async function keepRecord(
  steps: readonly Step[],
  journal: string,
  disk: Disk,
): Promise<Planned[]> {
  const planned: Planned[] = [];
  for (const [index, step] of steps.entries()) {
    const entry: Entry = { do: step.do, path: step.path, temporary: temporaryBeside(step.path) };
    const before = await keep(step, `${journal}/${index}`, disk);
    if (before) entry.before = before;
    planned.push({ step, entry });
  }
  const text = JSON.stringify({ version: 1, entries: planned.map(({ entry }) => entry) });
  await disk.replace(nameOfRecord(journal), new TextEncoder().encode(text), SECRET);
  return planned;
}

async function keep(step: Step, copy: string, disk: Disk): Promise<Before | undefined> {
  const found = await look(step.path);
  if (found === undefined || step.do === "chown") return found;
  if (found.kind === "link") return { ...found, target: await Deno.readLink(step.path) };
  if (found.kind === "other") throw new Error(`${step.path} is there and no file`);
  // Copied as root, for the owner of the directory to get back: nothing but its own file.
  await disk.replace(copy, await readUnlinked(step.path), SECRET);
  return { ...found, copy };
}

/** The record of a commit that has not ended; `undefined` when there is none. */
export async function readRecord(journal: string): Promise<Entry[] | undefined> {
  const path = nameOfRecord(journal);
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  try {
    return v.parse(RECORD, JSON.parse(text)).entries;
  } catch (cause) {
    throw new Error(`${path}, the record of an interrupted run, is damaged`, { cause });
  }
}

/** Ends a commit: from here on it is not undone. */
export async function dropRecord(journal: string, disk: Disk): Promise<void> {
  await disk.remove(nameOfRecord(journal));
  await disk.sync(journal);
  await clear(journal, disk);
}

/** Removes the copies of old contents, and the journal's directory. */
export async function clear(journal: string, disk: Disk): Promise<void> {
  try {
    for (const { name } of [...Deno.readDirSync(journal)]) await disk.remove(`${journal}/${name}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  await disk.remove(journal);
}

/** Like the temporaries of `replaceFile`: no program takes it for a file of its own. */
export function temporaryBeside(path: string): string {
  const name = crypto.getRandomValues(new Uint8Array(8)).toHex();
  return `${path.slice(0, path.lastIndexOf("/") + 1)}.${name}.tmp`;
}
