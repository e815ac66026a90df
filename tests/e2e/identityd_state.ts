// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { createHash } from "node:crypto";

/** A recorded file below the service's home directory. */
export interface StateFile {
  mode: string;
  text?: string;
}

/** The files of another hub: their names contain a hash of its host. */
export function renamed(
  files: Record<string, StateFile>,
  from: string,
  to: string,
): Record<string, StateFile> {
  const hash = (host: string) => createHash("sha256").update(host).digest("hex");
  return Object.fromEntries(
    Object.entries(files).map(([path, file]) => [path.replace(hash(from), hash(to)), file]),
  );
}

/** Compares the files below a home directory, and sees to it that nobody else may read them. */
export async function assertState(
  home: string,
  expected: Record<string, StateFile>,
): Promise<void> {
  const found: Record<string, string | undefined> = {};
  await collect(home, "", found);
  assert.deepEqual(
    found,
    Object.fromEntries(
      Object.entries(expected).map(([path, file]) => [path, file.text?.replaceAll("<HOME>", home)]),
    ),
  );
}

async function collect(
  directory: string,
  prefix: string,
  found: Record<string, string | undefined>,
): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    const path = `${directory}/${name}`;
    const mode = (await Deno.stat(path)).mode ?? 0;
    assert.equal(mode & 0o777, isDirectory ? 0o700 : 0o600, path);
    found[isDirectory ? `${prefix}${name}/` : `${prefix}${name}`] = isDirectory
      ? undefined
      : await Deno.readTextFile(path);
    if (isDirectory) await collect(path, `${prefix}${name}/`, found);
  }
}
