// SPDX-License-Identifier: MIT

/**
 * The files of certificates: reading, writing and removing. Every read sees the file as it is at
 * that moment: what was read before is used again only while the file system says that it is the
 * same.
 */

import { removeFile } from "../storage/replace_file.ts";
import {
  directoryOf,
  isSameFile,
  OwnDirectories,
  type PathGuard,
  swapped,
} from "./own_directories.ts";
import { checkRegular, fileError, readOpen } from "./regular_file.ts";
import { writeFile } from "./write_file.ts";

/** A result that may be there at once. */
export type Answer<T> = T | Promise<T>;

/** What is kept, in characters: no longer text, and no more of all together. */
const KEPT_EACH = 64 * 1024;
const KEPT_ALL = 2 * 1024 * 1024;

/**
 * How long ago a file must have been changed to be kept, in milliseconds: the times that the
 * platform shows are coarse, and two changes within one tick look like one.
 */
const SETTLED = 2_500;

/**
 * How long one look at a file counts, in milliseconds: the requests of a burst share it. Less than
 * a caller needs between changing a file and asking for it.
 */
const LOOK = 0.2;

/**
 * How often a file is opened that was replaced since it was checked: whoever renews it does that
 * once, and a reader must not take it for missing.
 */
const ATTEMPTS = 5;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

interface Kept {
  readonly info: Deno.FileInfo;
  readonly text: string;
  /** When the file was last seen to be the same. */
  looked: number;
}

/** What time it is, in milliseconds; tests pass their own. */
export interface FileClock {
  /** By the file system's clock: since the Unix epoch. */
  date(): number;
  /** By one that is never set back. */
  passed(): number;
}

const SYSTEM_CLOCK: FileClock = { date: () => Date.now(), passed: () => performance.now() };

/** The files of certificates by their paths. */
export class CertificateFiles {
  readonly #kept = new Map<string, Kept>();
  #keptLength = 0;

  /** `guard`: where links may lead; by default anywhere. */
  constructor(
    readonly clock: FileClock = SYSTEM_CLOCK,
    readonly guard: PathGuard = new OwnDirectories([]),
  ) {}

  /**
   * The text of a file, verbatim; `undefined`: there is none. Throws, with the path, for what is no
   * regular file, cannot be read, is too large or not UTF-8, and where the guard refuses it.
   */
  read(path: string): Answer<string | undefined> {
    const kept = this.#kept.get(path);
    if (kept !== undefined) {
      const now = this.clock.passed();
      if (now - kept.looked < LOOK) return kept.text;
      const info = infoOf(path);
      if (info !== undefined && isSame(info, kept.info)) {
        kept.looked = now;
        return kept.text;
      }
      this.#drop(path);
    }
    return this.#read(path);
  }

  /** Writes a file, see {@link writeFile}; whoever reads from then on sees it. */
  async write(path: string, text: string): Promise<void> {
    try {
      await writeFile(path, new TextEncoder().encode(text), this.guard);
    } finally {
      this.#drop(path);
    }
  }

  /** Removes a file; a missing one is fine. Throws, with the path, for a directory. */
  async remove(path: string): Promise<void> {
    try {
      if (!this.guard.isOwn(path)) await this.guard.resolve(directoryOf(path));
      // The platform would remove an empty one.
      if ((await Deno.lstat(path)).isDirectory) throw new Error("a directory is there");
      await removeFile(path);
    } catch (cause) {
      if (!(cause instanceof Deno.errors.NotFound)) throw fileError("remove", path, cause);
    } finally {
      this.#drop(path);
    }
  }

  async #read(path: string): Promise<string | undefined> {
    try {
      const { info, bytes } = await this.#open(path);
      const text = decode(bytes);
      this.#keep(path, { info, text, looked: -LOOK });
      return text;
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) return undefined;
      throw fileError("read", path, cause);
    }
  }

  /** The file that was checked, and no other that was put there before it was opened. */
  async #open(path: string): Promise<{ info: Deno.FileInfo; bytes: Uint8Array }> {
    const where = () => this.guard.isOwn(path) ? path : this.guard.resolve(path);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      // Before it is opened: the open of a FIFO waits for somebody who writes.
      const checked = await Deno.stat(path);
      checkRegular(checked);
      const real = await where();
      using file = await Deno.open(path);
      const opened = await readOpen(file);
      if (this.guard.isOwn(path)) return opened;
      if (!isSameFile(checked, opened.info) || await where() !== real) continue;
      if (await this.guard.checkOpen(file)) return opened;
    }
    throw swapped();
  }

  #keep(path: string, kept: Kept): void {
    this.#drop(path);
    if (kept.text.length > KEPT_EACH || !isSettled(kept.info, this.clock.date())) return;
    this.#kept.set(path, kept);
    this.#keptLength += kept.text.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#keptLength <= KEPT_ALL) break;
      this.#drop(oldest);
    }
  }

  #drop(path: string): void {
    this.#keptLength -= this.#kept.get(path)?.text.length ?? 0;
    this.#kept.delete(path);
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Error("the file is not UTF-8");
  }
}

function infoOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    // Whatever it is, the read that follows meets it too and tells.
    return undefined;
  }
}

function isSame(a: Deno.FileInfo, b: Deno.FileInfo): boolean {
  return a.ino === b.ino && a.size === b.size && a.dev === b.dev &&
    a.mtime?.getTime() === b.mtime?.getTime() && a.ctime?.getTime() === b.ctime?.getTime();
}

function isSettled({ mtime, ctime }: Deno.FileInfo, now: number): boolean {
  if (mtime === null || ctime === null) return false;
  return now - Math.max(mtime.getTime(), ctime.getTime()) > SETTLED;
}
