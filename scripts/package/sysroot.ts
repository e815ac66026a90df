// SPDX-License-Identifier: MIT

/** An arm64 system to link and run against, unpacked beside the sources: nothing is installed. */

import { Failure } from "./failure.ts";
import { CACHE, exists, removeTree, writeFile } from "./paths.ts";
import { runTool } from "./run_tool.ts";

/** A foreign system's libraries. */
export interface Sysroot {
  directory: string;
  /** What a compiler needs to find its headers and libraries. */
  flags: string[];
  /** A database from which dpkg-shlibdeps learns which package a library belongs to. */
  database: string;
  /** Where its libraries are. */
  libraries: string[];
}

/** Run-time packages, whose libraries the product's are linked with, and headers. */
const PACKAGES = ["libc6", "libgcc-s1", "libssl3", "libssl-dev"];

/** The arm64 libraries of this Debian release, fetched with apt once and kept. */
export async function arm64Sysroot(): Promise<Sysroot> {
  await Deno.mkdir(CACHE, { recursive: true });
  // Libraries are known by their paths, so there has to be one way to write them.
  const directory = `${await Deno.realPath(CACHE)}/sysroot-arm64`;
  if (!await exists(directory)) await unpack(directory);
  const include = `${directory}/usr/include`;
  return {
    directory,
    database: `${directory}/var/lib/dpkg`,
    libraries: ["/lib", "/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu"].map((path) =>
      directory + path
    ),
    flags: [
      "-isystem",
      `${include}/aarch64-linux-gnu`,
      "-isystem",
      include,
      `-L${directory}/usr/lib/aarch64-linux-gnu`,
    ],
  };
}

async function unpack(directory: string): Promise<void> {
  const staging = `${CACHE}/.sysroot-arm64.${Deno.pid}`;
  await Deno.mkdir(staging, { recursive: true });
  try {
    const archives = await download(staging);
    const root = `${staging}/root`;
    await Deno.mkdir(`${root}/var/lib/dpkg/info`, { recursive: true });
    let status = "";
    for (const [name, archive] of archives) {
      await runTool("dpkg-deb", ["-x", archive, root]);
      status += await register(name, archive, root, directory);
    }
    await writeFile(`${root}/var/lib/dpkg/status`, status);
    // The form of the database in which files are named by package and architecture.
    await writeFile(`${root}/var/lib/dpkg/info/format`, "1\n");
    await Deno.rename(root, directory);
  } catch (cause) {
    // Another build may have been faster.
    if (!await exists(directory)) throw cause;
  } finally {
    await removeTree(staging);
  }
}

/** Fetches the packages with an apt whose lists, cache and architecture are its own. */
async function download(staging: string): Promise<Map<string, string>> {
  for (const part of ["state/lists/partial", "cache/archives/partial", "files"]) {
    await Deno.mkdir(`${staging}/${part}`, { recursive: true });
  }
  await Deno.writeTextFile(`${staging}/status`, "");
  const options = [
    `Dir::State=${staging}/state`,
    `Dir::State::status=${staging}/status`,
    `Dir::Cache=${staging}/cache`,
    "APT::Architecture=arm64",
    "APT::Architectures=arm64",
    // The download user may not look into directories of ours.
    "APT::Sandbox::User=root",
  ].flatMap((option) => ["-o", option]);
  const call = { cwd: `${staging}/files`, failure: "tool" } as const;
  await runTool("apt-get", [...options, "-qq", "update"], call);
  await runTool("apt-get", [...options, "-qq", "download", ...PACKAGES], call);

  const archives = new Map<string, string>();
  for await (const { name } of Deno.readDir(`${staging}/files`)) {
    archives.set(name.slice(0, name.indexOf("_")), `${staging}/files/${name}`);
  }
  const missing = PACKAGES.filter((name) => !archives.has(name));
  if (missing.length === 0) return archives;
  throw new Failure("tool", `apt has no arm64 package ${missing.join(", ")}`);
}

/** Writes down a package as if it were installed, its files by their paths in the sysroot. */
async function register(
  name: string,
  archive: string,
  root: string,
  final: string,
): Promise<string> {
  const info = `${root}/var/lib/dpkg/info`;
  const control = `${root}.control`;
  await runTool("dpkg-deb", ["-e", archive, control]);
  for (const file of ["symbols", "shlibs"]) {
    if (await exists(`${control}/${file}`)) {
      await Deno.copyFile(`${control}/${file}`, `${info}/${name}:arm64.${file}`);
    }
  }
  const stanza = await Deno.readTextFile(`${control}/control`);
  await removeTree(control);
  const files = await runTool("sh", [
    "-c",
    'dpkg-deb --fsys-tarfile "$1" | tar -tf -',
    "sh",
    archive,
  ]);
  const paths = files.split("\n").filter((path) => path !== "").map((path) =>
    `${final}${path.replace(/^\./, "").replace(/\/$/, "")}`
  );
  await writeFile(`${info}/${name}:arm64.list`, `${paths.join("\n")}\n`);
  return `${stanza.trimEnd().replace(/^(Package: .*)$/m, "$1\nStatus: install ok installed")}\n\n`;
}
