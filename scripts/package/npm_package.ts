// SPDX-License-Identifier: MIT

import { npmIntegrity } from "./checksum.ts";
import { Failure } from "./failure.ts";
import { CACHE, exists, removeTree } from "./paths.ts";
import { runTool } from "./run_tool.ts";

/** A package of one version whose content is known beforehand. */
export interface PinnedPackage {
  name: string;
  version: string;
  /** `sha512-…` of the tarball. */
  integrity: string;
}

/**
 * The directory of an unpacked npm package, fetched once and kept. Nothing of it is executed.
 * Throws a `Failure` (status `tool`) when it cannot be had or is not the pinned one.
 */
export async function npmPackage(pinned: PinnedPackage): Promise<string> {
  const label = `${pinned.name.replace(/[@/]+/g, "-").replace(/^-/, "")}-${pinned.version}`;
  const directory = `${CACHE}/${label}`;
  if (await exists(directory)) return directory;

  const staging = `${CACHE}/.${label}.${Deno.pid}`;
  await Deno.mkdir(staging, { recursive: true });
  try {
    const wanted = `${pinned.name}@${pinned.version}`;
    const args = ["pack", "--silent", "--ignore-scripts", "--pack-destination", staging, wanted];
    await runTool("npm", args, { cwd: staging, failure: "tool" });
    const tarball = `${staging}/${label}.tgz`;
    const found = await npmIntegrity(await Deno.readFile(tarball));
    if (found !== pinned.integrity) {
      throw new Failure("tool", `${wanted} has integrity ${found}, not ${pinned.integrity}`);
    }
    await runTool("tar", ["-xzf", tarball, "-C", staging, "--no-same-owner"]);
    await rename(`${staging}/package`, directory);
  } finally {
    await removeTree(staging);
  }
  return directory;
}

/** Two builds may fetch the same package at the same time: the first one's stays. */
async function rename(from: string, to: string): Promise<void> {
  try {
    await Deno.rename(from, to);
  } catch (cause) {
    if (!await exists(to)) throw cause;
  }
}
