// SPDX-License-Identifier: MIT

import { inDirectoryOf } from "./pinned_directory.ts";
import { replaceFile, type ReplaceOptions } from "./replace_file.ts";

/** Who a file belongs to. */
export interface Owner {
  uid: number;
  gid: number;
}

/** What is at a path; a link is not followed. */
export interface Found {
  /** `other`: a directory or anything else that holds no content of its own. */
  kind: "file" | "link" | "other";
  mode: number;
  uid: number;
  gid: number;
  /** Of the last change of the content, in seconds. */
  mtime: number;
}

/**
 * The changes that a commit makes to the disk, each durable when its promise settles unless it
 * says else. Tests bring one that fails at a chosen change, as a crash does.
 */
export interface Disk {
  makeDirectory(path: string): Promise<void>;
  /** Replaces a file whole. */
  replace(path: string, bytes: Uint8Array, options: ReplaceOptions): Promise<void>;
  /** Writes a file that is not there yet; its name becomes durable with {@link sync}. */
  create(path: string, bytes: Uint8Array, options: ReplaceOptions): Promise<void>;
  /** Makes a link that is not there yet; durable with {@link sync}. */
  link(path: string, target: string): Promise<void>;
  /** Durable with {@link sync} of the directory. */
  rename(from: string, to: string): Promise<void>;
  /** A missing file or directory is fine. Durable with {@link sync} of the directory above. */
  remove(path: string): Promise<void>;
  /**
   * Sets the owner and, if given, the bits of a file or directory; never those of a link or of
   * where it leads. What is gone is fine.
   */
  give(path: string, owner: Owner, mode?: number): Promise<void>;
  /** Sets the time of a file's last change, in seconds; a link is not followed. */
  setTime(path: string, seconds: number): Promise<void>;
  sync(directory: string): Promise<void>;
}

/** The machine's own. */
export const DISK: Disk = {
  makeDirectory: (path) => Deno.mkdir(path, { recursive: true, mode: 0o700 }),
  replace: replaceFile,
  create: async (path, bytes, { mode, owner }) => {
    // Created unreadable for others whatever the final mode: the content may be a secret.
    using file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    if (owner || mode !== 0o600) await change(path, await file.stat(), { owner, mode });
    await file.sync();
  },
  link: (path, target) => Deno.symlink(target, path),
  rename: (from, to) => Deno.rename(from, to),
  remove: async (path) => {
    try {
      await Deno.remove(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  },
  give: async (path, owner, mode) => {
    const fs = await import("node:fs");
    try {
      inDirectoryOf(path, (name) => giveSync(fs, name, path, owner, mode));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  },
  setTime: async (path, seconds) => {
    const { lutimesSync } = await import("node:fs");
    lutimesSync(path, seconds, seconds);
  },
  sync: async (directory) => {
    using handle = await Deno.open(directory, { read: true });
    await handle.sync();
  },
};

/**
 * Sets owner and bits of `name` in the working directory. A file is changed as what is open, and
 * only if it has no second name, which could be anywhere; a link itself, never where it leads.
 */
function giveSync(
  fs: typeof import("node:fs"),
  name: string,
  path: string,
  { uid, gid }: Owner,
  mode: number | undefined,
): void {
  const found = Deno.lstatSync(name);
  if (!found.isFile && !found.isDirectory) return fs.lchownSync(name, uid, gid);
  const descriptor = fs.openSync(name, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  try {
    const open = fs.fstatSync(descriptor);
    refuseOther(path, open, found);
    if (found.isFile && open.nlink > 1) throw new Error(`${path} has a second name`);
    fs.fchownSync(descriptor, uid, gid);
    if (mode !== undefined) fs.fchmodSync(descriptor, mode);
  } finally {
    fs.closeSync(descriptor);
  }
}

/**
 * Sets owner and bits of the file or directory that `expected` describes. The owner of its
 * directory may put a link in its place at any moment, so it is opened, looked at and then changed
 * as what is open. Throws when something else is there.
 */
async function change(
  path: string,
  expected: Deno.FileInfo,
  { owner, mode }: { owner?: Owner | undefined; mode: number },
): Promise<void> {
  const { closeSync, constants, fchmodSync, fchownSync, fstatSync, openSync } = await import(
    "node:fs"
  );
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    refuseOther(path, fstatSync(descriptor), expected);
    if (owner) fchownSync(descriptor, owner.uid, owner.gid);
    fchmodSync(descriptor, mode);
  } finally {
    closeSync(descriptor);
  }
}

/** The content of the file at a path. Throws for a link, also for one that appears meanwhile. */
export async function readUnlinked(path: string): Promise<Uint8Array> {
  const expected = await Deno.lstat(path);
  using file = await Deno.open(path);
  refuseOther(path, await file.stat(), expected);
  return new Uint8Array(await new Response(file.readable).arrayBuffer());
}

type Identity = Pick<Deno.FileInfo, "dev" | "ino">;

function refuseOther(path: string, found: Identity, expected: Identity): void {
  if (found.dev === expected.dev && found.ino === expected.ino) return;
  throw new Error(`something else was put in the place of ${path}`);
}

function isMissing(error: unknown): boolean {
  if (error instanceof Deno.errors.NotFound) return true;
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/** Looks at a path without following a link; `undefined` when there is nothing. */
export async function look(path: string): Promise<Found | undefined> {
  let info: Deno.FileInfo;
  try {
    info = await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  return {
    kind: info.isFile ? "file" : info.isSymlink ? "link" : "other",
    mode: (info.mode ?? 0) & 0o7777,
    uid: info.uid ?? 0,
    gid: info.gid ?? 0,
    mtime: (info.mtime?.getTime() ?? 0) / 1000,
  };
}

/** The directory that a path stands in. */
export function directoryOf(path: string): string {
  const slash = path.lastIndexOf("/");
  if (slash < 0) return ".";
  return slash === 0 ? "/" : path.slice(0, slash);
}
