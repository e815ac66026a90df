// SPDX-License-Identifier: MIT

import type { NpmLibrary } from "./npm_libraries.ts";
import { ROOT } from "./paths.ts";
import { RUNTIME_VERSION } from "./runtime.ts";

/** The kept licences of the runtime's parts, made by `runtime_notices.ts`. */
export async function runtimeNotices(): Promise<string> {
  return await Deno.readTextFile(`${ROOT}/packaging/notices/deno-${RUNTIME_VERSION}.txt`);
}

/** The file THIRD-PARTY-NOTICES of a package. */
export function thirdPartyNotices(libraries: readonly NpmLibrary[], runtime: string): string {
  const rule = "=".repeat(78);
  const blocks = libraries.map(({ name, version, licence }) =>
    `${rule}\n${name} ${version}\n${"-".repeat(78)}\n\n${licence}\n`
  );
  return [
    "The programs of this package contain the following libraries.",
    "",
    ...blocks,
    "They run in Deno, of which every compiled program has its own copy and which the other",
    "variant of the package brings once. Deno is made of the following parts; of those under",
    "the Mozilla Public License and the GNU Lesser General Public License the sources are to be",
    "had where those of Deno are, at https://github.com/denoland and https://crates.io.",
    "",
    runtime,
  ].join("\n");
}

/** Name and version of the runtime's crates, as the kept licences list them. */
export function runtimeCrates(runtime: string): { name: string; version: string }[] {
  const crates = new Map<string, { name: string; version: string }>();
  for (const block of runtime.split(/^={78}$/m)) {
    const [heading = ""] = block.split(/^-{78}$/m);
    for (const [line, name = "", version = ""] of heading.matchAll(/^([\w-]+) (\d\S*)$/gm)) {
      crates.set(line, { name, version });
    }
  }
  return [...crates.keys()].sort().flatMap((key) => crates.get(key) ?? []);
}
