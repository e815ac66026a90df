// SPDX-License-Identifier: MIT

import type { Bundle } from "./bundles.ts";
import { Failure } from "./failure.ts";
import { ROOT } from "./paths.ts";
import { runTool } from "./run_tool.ts";

/** An npm package whose code is in a bundle. */
export interface NpmLibrary {
  name: string;
  version: string;
  /** `sha512-…` of the tarball, as the lock file has it. */
  integrity: string;
  /** The text of its licence file. */
  licence: string;
  /** What its package.json says its licence is, an SPDX expression. */
  spdx: string;
}

/** As much of `deno.lock` as is read here. */
interface LockFile {
  npm: Record<string, { integrity: string }>;
}

/** The packages that bundles are made of, by the comments that the bundler leaves. */
export async function npmLibraries(bundles: readonly Bundle[]): Promise<NpmLibrary[]> {
  const found = new Set<string>();
  for (const { main, chunks } of bundles) {
    for (const source of [main, ...chunks.values()]) {
      for (const [, id = ""] of source.matchAll(/^\/\/ npm:(\S+@[^/\s]+)\//gm)) found.add(id);
    }
  }
  const cache = await npmCache();
  const lock = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.lock`)) as LockFile;
  const libraries: NpmLibrary[] = [];
  for (const id of [...found].sort()) {
    const at = id.lastIndexOf("@");
    const [name, version] = [id.slice(0, at), id.slice(at + 1)];
    libraries.push({
      name,
      version,
      integrity: integrityOf(lock, id),
      ...await licenceOf(cache, name, version),
    });
  }
  return libraries;
}

/** The lock file names a package once for each set of peers, behind an underscore. */
function integrityOf(lock: LockFile, id: string): string {
  const entry = Object.entries(lock.npm).find(([key]) => key === id || key.startsWith(`${id}_`));
  if (entry) return entry[1].integrity;
  throw new Failure("build", `${id} is in a bundle and not in deno.lock`);
}

/** The directories of the npm cache, one a registry. */
async function npmCache(): Promise<string[]> {
  const said = await runTool(Deno.execPath(), ["info", "--json"], { cwd: ROOT });
  const { npmCache: directory } = JSON.parse(said) as { npmCache: string };
  const registries: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    if (isDirectory) registries.push(`${directory}/${name}`);
  }
  return registries;
}

async function licenceOf(
  cache: string[],
  name: string,
  version: string,
): Promise<{ licence: string; spdx: string }> {
  for (const registry of cache) {
    const directory = `${registry}/${name}/${version}`;
    try {
      const { license } = JSON.parse(await Deno.readTextFile(`${directory}/package.json`)) as {
        license?: unknown;
      };
      for await (const entry of Deno.readDir(directory)) {
        if (!/^licen[sc]e(\.(md|txt))?$/i.test(entry.name) || typeof license !== "string") continue;
        const licence = (await Deno.readTextFile(`${directory}/${entry.name}`)).trim();
        return { licence, spdx: license };
      }
    } catch (cause) {
      if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    }
  }
  throw new Failure("build", `${name} ${version}: no licence, or no file of it, in the npm cache`);
}
