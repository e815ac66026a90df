// SPDX-License-Identifier: MIT

/** One file that a configuration consists of. */
export interface Output {
  /** Where it is written to. */
  path: string;
  bytes: Uint8Array;
  /** Who owns it; absent: whoever runs the tool. */
  owner: Owner | undefined;
}

export interface Owner {
  uid: number;
  gid: number;
}

/** What became of the files. */
export interface Written {
  changed: string[];
  unchanged: string[];
}

/**
 * Writes files for their owners only, mode 0600, all or none: every file is written beside its
 * target and synced before the first takes its place. A file that is already as it should be
 * keeps its content and gets a new modification time. Throws `could not create <path>` with the
 * system's reason, everything being as before.
 */
export async function writeOutputs(outputs: readonly Output[]): Promise<Written> {
  const staged: { output: Output; temporary: string }[] = [];
  try {
    for (const output of outputs) {
      const temporary = `${directoryOf(output.path)}/.${randomName()}.tmp`;
      try {
        staged.push({ output, temporary });
        await writeNew(temporary, output);
      } catch (cause) {
        throw new Error(`could not create ${output.path}`, { cause });
      }
    }
    return await putInPlace(staged);
  } catch (error) {
    for (const { temporary } of staged) await removeIfThere(temporary);
    throw error;
  }
}

async function putInPlace(
  staged: readonly { output: Output; temporary: string }[],
): Promise<Written> {
  const written: Written = { changed: [], unchanged: [] };
  for (const { output, temporary } of staged) {
    const { path } = output;
    try {
      if (await isAsWanted(output)) {
        await Deno.remove(temporary);
        await Deno.utime(path, new Date(), new Date());
        written.unchanged.push(path);
      } else {
        await Deno.rename(temporary, path);
        written.changed.push(path);
      }
    } catch (cause) {
      throw new Error(`could not create ${path}`, { cause });
    }
  }
  for (const directory of new Set(staged.map(({ output }) => directoryOf(output.path)))) {
    await sync(directory);
  }
  return written;
}

async function isAsWanted({ path, bytes, owner }: Output): Promise<boolean> {
  try {
    const info = await Deno.lstat(path);
    if (!info.isFile || ((info.mode ?? 0) & 0o7777) !== 0o600) return false;
    if (owner !== undefined && (info.uid !== owner.uid || info.gid !== owner.gid)) return false;
    const present = await Deno.readFile(path);
    return present.length === bytes.length && present.every((byte, at) => byte === bytes[at]);
  } catch {
    // Not there, or not readable: then it is written.
    return false;
  }
}

async function writeNew(path: string, { bytes, owner }: Output): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
  if (owner !== undefined) await Deno.chown(path, owner.uid, owner.gid);
  await file.sync();
}

async function sync(directory: string): Promise<void> {
  using handle = await Deno.open(directory, { read: true });
  await handle.sync();
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch {
    // Never made, or in place already; the error that brought us here is the one to report.
  }
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

function randomName(): string {
  return crypto.getRandomValues(new Uint8Array(8)).toHex();
}
