// SPDX-License-Identifier: MIT

/**
 * Durable writes. A reader sees the old content or the new, never a part; after the promise of
 * {@link replaceFile} has settled, a power cut keeps the new.
 */

/** The temporary names of {@link replaceFile}: never read, removed at the next start. */
const LEFTOVER = /^\.[0-9a-f]{16}\.tmp$/;

/** How a file is written. */
export interface ReplaceOptions {
  /** Permission bits of the new file, such as `0o600`; the umask does not widen them. */
  mode: number;
  /** Owner of the new file; needs root. Absent: the process's own. */
  owner?: { uid: number; gid: number };
  /**
   * Told the path of the temporary file before it takes the name; what it throws ends the write.
   * For a directory that somebody else may swap: a random name tells whether it is still the same.
   */
  check?(temporary: string): Promise<void>;
}

/**
 * Writes `bytes` to `path` so that a crash at any moment leaves the old file or the new one:
 * temporary file beside it, fsync, rename, fsync of the directory. On an error the temporary
 * file is removed and the old file untouched; the error's message names `path`.
 */
export async function replaceFile(
  path: string,
  bytes: Uint8Array,
  options: ReplaceOptions,
): Promise<void> {
  const directory = directoryOf(path);
  const temporary = `${directory}/.${randomName()}.tmp`;
  try {
    await writeNew(temporary, bytes, options);
    await options.check?.(temporary);
    await Deno.rename(temporary, path);
  } catch (cause) {
    await removeIfThere(temporary);
    throw new Error(`could not write ${path}: ${reason(cause)}`, { cause });
  }
  await syncDirectory(directory);
}

/**
 * Removes a file for good: after the promise has settled a power cut does not bring it back.
 * Answers whether there was one.
 */
export async function removeFile(path: string): Promise<boolean> {
  try {
    await Deno.remove(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return false;
    throw new Error(`could not remove ${path}: ${reason(cause)}`, { cause });
  }
  await syncDirectory(directoryOf(path));
  return true;
}

/**
 * Removes what writes that a crash cut short have left in `directory`; a missing one is fine.
 * `olderThanMs`: only what nobody has written to for so long, for a directory in which other
 * processes may be writing.
 */
export async function removeLeftovers(
  directory: string,
  { olderThanMs = 0 }: { olderThanMs?: number } = {},
): Promise<void> {
  try {
    for await (const entry of Deno.readDir(directory)) {
      if (!entry.isFile || !LEFTOVER.test(entry.name)) continue;
      const path = `${directory}/${entry.name}`;
      if (olderThanMs === 0 || await ageOf(path) > olderThanMs) await removeIfThere(path);
    }
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
  }
}

async function writeNew(path: string, bytes: Uint8Array, options: ReplaceOptions): Promise<void> {
  // Created unreadable for others whatever the final mode: the content may be a secret.
  const file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
  try {
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    const { owner } = options;
    if (owner && !await belongsTo(file, owner)) await Deno.chown(path, owner.uid, owner.gid);
    if (options.mode !== 0o600) await Deno.chmod(path, options.mode);
    await file.sync();
  } finally {
    file.close();
  }
}

/** A sandbox may forbid even a change of owner that changes nothing. */
async function belongsTo(
  file: Deno.FsFile,
  owner: { uid: number; gid: number },
): Promise<boolean> {
  const { uid, gid } = await file.stat();
  return uid === owner.uid && gid === owner.gid;
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await Deno.open(directory, { read: true });
  try {
    await handle.sync();
  } finally {
    handle.close();
  }
}

/** How long ago a file was written, in milliseconds; 0 when it is not there. */
async function ageOf(path: string): Promise<number> {
  try {
    return Date.now() - ((await Deno.lstat(path)).mtime?.getTime() ?? Date.now());
  } catch {
    return 0;
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch {
    // Never made, gone already, or the directory has become read-only: then the next start's
    // removeLeftovers tries again. The error that brought us here is the one to report.
  }
}

function directoryOf(path: string): string {
  const slash = path.lastIndexOf("/");
  if (slash < 0) return ".";
  return slash === 0 ? "/" : path.slice(0, slash);
}

function randomName(): string {
  return Array.from(
    crypto.getRandomValues(new Uint8Array(8)),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
}

/** The operating system's own words, without the path that the caller's message names already. */
function reason(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  if (/os error 28|os error 122/.test(message)) return "no space left on the device";
  return message;
}
