// SPDX-License-Identifier: MIT

import { runHost } from "./host.ts";

const root = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

/** What a plain Debian server has, and what the tests look with. */
const PACKAGES = [
  "systemd",
  "systemd-sysv",
  "dbus",
  "libpam-systemd",
  "procps",
  "iproute2",
  "curl",
  "openssl",
  "ca-certificates",
  "strace",
];

/**
 * A Debian 12 tree with systemd, from the machine's own package source; made once and kept below
 * `build/system`. Everything that needs the network happens here.
 */
export async function baseImage(): Promise<string> {
  const directory = `${root}/build/system`;
  const image = `${directory}/bookworm`;
  const stamp = `${image}.packages`;
  if (await readIfThere(stamp) === PACKAGES.join(",")) return image;

  await Deno.mkdir(directory, { recursive: true });
  await runHost(["rm", "-rf", image, stamp]);
  await runHost([
    "mmdebstrap",
    "--mode=root",
    "--variant=minbase",
    "--quiet",
    `--include=${PACKAGES.join(",")}`,
    "bookworm",
    image,
    ...await packageSources(),
  ]);
  // The tests' machines have no network: apt must not wait for mirrors.
  await runHost([
    "sh",
    "-c",
    `rm -f ${image}/etc/apt/sources.list ${image}/etc/apt/sources.list.d/*`,
  ]);
  await Deno.writeTextFile(stamp, PACKAGES.join(","));
  return image;
}

/** The files from which this machine's apt knows Debian 12. */
async function packageSources(): Promise<string[]> {
  const found: string[] = [];
  for (const path of ["/etc/apt/sources.list"]) {
    if ((await readIfThere(path) ?? "").includes("deb ")) found.push(path);
  }
  try {
    for await (const entry of Deno.readDir("/etc/apt/sources.list.d")) {
      const path = `/etc/apt/sources.list.d/${entry.name}`;
      if ((await readIfThere(path) ?? "").includes("bookworm")) found.push(path);
    }
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
  }
  if (found.length === 0) throw new Error("this machine's apt has no source for Debian 12");
  return found;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw cause;
  }
}
