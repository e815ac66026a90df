// SPDX-License-Identifier: MIT

/** Writing the file of a certificate, its own or one that somebody else has placed. */

import { replaceFile } from "../storage/replace_file.ts";
import { checkRegular, fileError, readOpen } from "./regular_file.ts";

/** Certificates are public; the directory keeps others out. */
const NEW_MODE = 0o644;

/**
 * Writes a file that may or may not be there. A crash leaves the old content or the new; an
 * existing file keeps its owner and mode, a link goes on leading to its file. Only where the
 * directory does not let the file be replaced it is rewritten in place, and put back as it was when
 * that fails. Throws, with the path, when neither works or something else is there.
 */
export async function writeFile(path: string, bytes: Uint8Array): Promise<void> {
  try {
    const link = await found(path);
    if (link === undefined) return await replaceFile(path, bytes, { mode: NEW_MODE });
    const file = link.isSymlink ? await Deno.realPath(path) : path;
    const info = link.isSymlink ? await Deno.stat(file) : link;
    checkRegular(info);
    await overwrite(file, bytes, info);
  } catch (cause) {
    throw fileError("write", path, cause);
  }
}

async function overwrite(path: string, bytes: Uint8Array, info: Deno.FileInfo): Promise<void> {
  const { uid, gid } = info;
  const mode = info.mode === null ? NEW_MODE : info.mode & 0o777;
  const owner = uid === null || gid === null ? undefined : { uid, gid };
  try {
    await replaceFile(path, bytes, { mode, ...owner && { owner } });
  } catch (cause) {
    if (!CLOSED.has(codeOf(cause) ?? "")) throw cause;
    await rewrite(path, bytes);
  }
}

/**
 * The directory is not ours, is read-only, or the file is mounted by itself; or the file's owner is
 * somebody whose files we cannot make.
 */
const CLOSED = new Set(["EACCES", "EPERM", "EROFS", "EBUSY"]);

/** Without shortening it first: where a file has room for its old content, that can be put back. */
async function rewrite(path: string, bytes: Uint8Array): Promise<void> {
  using file = await Deno.open(path, { read: true, write: true });
  const { bytes: before } = await readOpen(file);
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
