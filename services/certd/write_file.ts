// SPDX-License-Identifier: MIT

/** Writing the file of a certificate, its own or one that somebody else has placed. */

import { replaceFile } from "../storage/replace_file.ts";
import { directoryOf, isSameFile, type PathGuard, swapped } from "./own_directories.ts";
import { checkRegular, fileError, readOpen } from "./regular_file.ts";

/** Certificates are public; the directory keeps others out. */
const NEW_MODE = 0o644;

/**
 * Writes a file that may or may not be there. A crash leaves the old content or the new; an
 * existing file keeps its owner and mode, a link goes on leading to its file. Only where the
 * directory does not let the file be replaced it is rewritten in place, and put back as it was when
 * that fails. Throws, with the path, when neither works, something else is there, or `guard`
 * refuses where the path leads.
 */
export async function writeFile(path: string, bytes: Uint8Array, guard: PathGuard): Promise<void> {
  try {
    const link = await found(path);
    const file = link?.isSymlink ? await Deno.realPath(path) : path;
    const place = guard.isOwn(path) ? undefined : await placeOf(file, guard);
    const info = link?.isSymlink ? await Deno.lstat(file) : link;
    if (info === undefined) {
      return await replaceFile(file, bytes, { mode: NEW_MODE, ...place && { check: place.check } });
    }
    checkRegular(info);
    await overwrite(file, bytes, info, place);
  } catch (cause) {
    throw fileError("write", path, cause);
  }
}

/** A directory that was checked, to be compared with the one that is met later. */
interface Place {
  /** Throws unless a file of the directory, by its path, still is in that very directory. */
  check(file: string): Promise<void>;
  /** See {@link PathGuard.checkOpen}. */
  checkOpen(file: Deno.FsFile): Promise<boolean>;
}

async function placeOf(file: string, guard: PathGuard): Promise<Place> {
  const directory = await guard.resolve(directoryOf(file));
  return {
    async check(file) {
      const real = await guard.resolve(file);
      const name = file.slice(file.lastIndexOf("/") + 1);
      if (real !== `${directory === "/" ? "" : directory}/${name}`) throw swapped();
    },
    checkOpen: (file) => guard.checkOpen(file),
  };
}

async function overwrite(
  path: string,
  bytes: Uint8Array,
  info: Deno.FileInfo,
  place: Place | undefined,
): Promise<void> {
  const { uid, gid } = info;
  const mode = info.mode === null ? NEW_MODE : info.mode & 0o777;
  const owner = uid === null || gid === null ? undefined : { uid, gid };
  try {
    const check = place?.check;
    await replaceFile(path, bytes, { mode, ...owner && { owner }, ...check && { check } });
  } catch (cause) {
    if (!CLOSED.has(codeOf(cause) ?? "")) throw cause;
    await rewrite(path, bytes, info, place);
  }
}

/**
 * The directory is not ours, is read-only, or the file is mounted by itself; or the file's owner is
 * somebody whose files we cannot make.
 */
const CLOSED = new Set(["EACCES", "EPERM", "EROFS", "EBUSY"]);

/** Without shortening it first: where a file has room for its old content, that can be put back. */
async function rewrite(
  path: string,
  bytes: Uint8Array,
  checked: Deno.FileInfo,
  place: Place | undefined,
): Promise<void> {
  using file = await Deno.open(path, { read: true, write: true });
  const { info, bytes: before } = await readOpen(file);
  if (!isSameFile(info, checked)) throw swapped();
  await place?.check(path);
  if (place && !await place.checkOpen(file)) throw swapped();
  try {
    await fill(file, bytes);
  } catch (cause) {
    await fill(file, before);
    throw cause;
  }
}

async function fill(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  await file.seek(0, Deno.SeekMode.Start);
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
  await file.truncate(bytes.length);
  await file.sync();
}

async function found(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.lstat(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw cause;
  }
}

/** The platform's code of an error or of its causes, such as `EACCES`. */
function codeOf(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ("code" in at && typeof at.code === "string") return at.code;
  }
  return undefined;
}
