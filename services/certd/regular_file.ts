// SPDX-License-Identifier: MIT

/** Regular files, the only kind that holds certificates, and what is said of everything else. */

/**
 * The largest file that is read, in bytes: what an import can be, and more than a system's bundle
 * of all public authorities. Forty reads of four times as much at once end a service.
 */
export const FILE_LIMIT = 1024 * 1024;

/**
 * All of an open file. Throws for what is no regular file and what is larger than
 * {@link FILE_LIMIT} bytes.
 */
export async function readOpen(
  file: Deno.FsFile,
): Promise<{ info: Deno.FileInfo; bytes: Uint8Array }> {
  const info = await file.stat();
  checkRegular(info);
  if (info.size > FILE_LIMIT) {
    throw new Error(`the file has ${info.size} bytes, more than ${FILE_LIMIT}`);
  }
  const bytes = new Uint8Array(info.size);
  let length = 0;
  while (length < bytes.length) {
    const read = await file.read(bytes.subarray(length));
    if (read === null) break;
    length += read;
  }
  return { info, bytes: bytes.subarray(0, length) };
}

/** Throws unless a regular file is there. */
export function checkRegular(info: Deno.FileInfo): void {
  if (!info.isFile) throw new Error(`${kindOf(info)} is there, not a regular file`);
}

function kindOf(info: Deno.FileInfo): string {
  if (info.isDirectory) return "a directory";
  if (info.isSymlink) return "a link";
  if (info.isFifo) return "a FIFO";
  return info.isSocket ? "a socket" : "a device";
}

/** An error with the path and the innermost reason, in words for the log. */
export function fileError(doing: string, path: string, cause: unknown): Error {
  return new Error(`could not ${doing} ${path}: ${reasonOf(cause)}`);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause !== undefined) return reasonOf(error.cause);
  // The platform advises a flag, which nobody can give to a packaged service.
  if (error instanceof Deno.errors.NotCapable) {
    return "it lies outside the directories that this service is permitted";
  }
  const code = "code" in error ? error.code : undefined;
  if (code === "ENOSPC" || code === "EDQUOT") return "no space left on the device";
  // Without the call and the path that the platform adds.
  return error.message.replace(/ \(os error \d+\): .*$/s, "");
}
