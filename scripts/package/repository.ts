// SPDX-License-Identifier: MIT

/** Makes a flat package repository of a directory of packages: apt installs from it by name. */

import { sha256OfFile } from "./checksum.ts";
import { removeTree, writeFile } from "./paths.ts";
import { runTool } from "./run_tool.ts";

const INDEXES = ["Packages", "Packages.gz"];

/** Writes `Packages`, `Release` and, with a key of gpg, `InRelease` and `Release.gpg`. */
export async function writeRepository(
  directory: string,
  epoch: number,
  signKey?: string,
): Promise<void> {
  const index = await runTool("dpkg-scanpackages", ["--multiversion", ".", "/dev/null"], {
    cwd: directory,
  });
  await writeFile(`${directory}/Packages`, index);
  // Without a name and a time in the compressed file, equal packages give equal indexes.
  await runTool("sh", ["-c", "gzip -9n < Packages > Packages.gz"], { cwd: directory });

  await writeFile(`${directory}/Release`, await releaseFile(directory, index, epoch));
  for (const signed of ["InRelease", "Release.gpg"]) await removeTree(`${directory}/${signed}`);
  if (signKey === undefined) return;
  const gpg = ["--batch", "--yes", "--local-user", signKey, "--armor", "--output"];
  const call = { cwd: directory, failure: "tool" } as const;
  await runTool("gpg", [...gpg, "InRelease", "--clearsign", "Release"], call);
  await runTool("gpg", [...gpg, "Release.gpg", "--detach-sign", "Release"], call);
}

async function releaseFile(directory: string, index: string, epoch: number): Promise<string> {
  const architectures = new Set<string>();
  for (const [, name = ""] of index.matchAll(/^Architecture: (\S+)$/gm)) architectures.add(name);
  const sums: string[] = [];
  for (const name of INDEXES) {
    const { size } = await Deno.stat(`${directory}/${name}`);
    sums.push(` ${await sha256OfFile(`${directory}/${name}`)} ${size} ${name}`);
  }
  return [
    "Origin: aziot",
    "Label: aziot",
    "Suite: stable",
    `Date: ${new Date(epoch * 1000).toUTCString().replace("GMT", "UTC")}`,
    `Architectures: ${[...architectures].sort().join(" ")}`,
    "Description: Azure IoT Identity Service",
    "SHA256:",
    ...sums,
    "",
  ].join("\n");
}

/** Writes `SHA256SUMS` over everything that is for users: `sha256sum -c` checks it. */
export async function writeChecksums(directory: string): Promise<void> {
  const lines: string[] = [];
  for await (const { name, isFile } of Deno.readDir(directory)) {
    if (!isFile || name.startsWith(".") || name === "SHA256SUMS") continue;
    lines.push(`${await sha256OfFile(`${directory}/${name}`)}  ${name}`);
  }
  const sorted = lines.sort((a, b) => a.slice(66) < b.slice(66) ? -1 : 1);
  await writeFile(`${directory}/SHA256SUMS`, `${sorted.join("\n")}\n`);
}
