// SPDX-License-Identifier: MIT

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
  /** Sets the owner and, if given, the bits, which must not be of a link. What is gone is fine. */
  give(path: string, owner: Owner, mode?: number): Promise<void>;
  /** The time of a file's last change, in seconds. */
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
    if (owner) await Deno.chown(path, owner.uid, owner.gid);
    if (mode !== 0o600) await Deno.chmod(path, mode);
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
  give: async (path, { uid, gid }, mode) => {
    // Deno's own follows links: whoever may write to the directory could turn it on any file.
    const { lchownSync } = await import("node:fs");
    try {
      lchownSync(path, uid, gid);
      if (mode !== undefined) await Deno.chmod(path, mode);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  },
  setTime: (path, seconds) => Deno.utime(path, seconds, seconds),
  sync: async (directory) => {
    using handle = await Deno.open(directory, { read: true });
    await handle.sync();
  },
};

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
