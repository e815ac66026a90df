// SPDX-License-Identifier: MIT

import { invalidParameter } from "../http/errors.ts";

/** A file name may have 255 bytes; hyphen, digest and ending take 69. */
const READABLE_MAX = 186;

/**
 * The name of the file that holds the certificate of an id, the same as in the existing product:
 * what is readable of the id, and the SHA-256 of all of it. Throws when that gets too long.
 */
export async function certificateFileName(id: string): Promise<string> {
  const readable = id.replace(/[^A-Za-z0-9]/g, "");
  if (readable.length > READABLE_MAX) {
    throw invalidParameter("id", `more than ${READABLE_MAX} letters and digits`);
  }
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(id));
  return `${readable}-${new Uint8Array(digest).toHex()}.cer`;
}

/** Ids whose file names are kept, and their lengths in characters; they come from callers. */
const KEPT = 1000;
const KEPT_LENGTH = 512;

/** File names of ids, so that reading a certificate does not begin with a digest each time. */
export class FileNames {
  readonly #known = new Map<string, string>();

  /** The name of the file of an id, at once when it was asked for before. */
  of(id: string): string | Promise<string> {
    return this.#known.get(id) ?? this.#learn(id);
  }

  async #learn(id: string): Promise<string> {
    const name = await certificateFileName(id);
    if (id.length > KEPT_LENGTH) return name;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size >= KEPT) this.#known.delete(oldest);
    this.#known.set(id, name);
    return name;
  }
}
