// SPDX-License-Identifier: MIT

/**
 * Packages for tests, built once for the same sources: `task test:build` and `task test:system`
 * look at the same files, whoever comes first builds them. By hand:
 *
 *     ./scripts/deno run -A scripts/package/kept_packages.ts shared
 *     ./scripts/deno run -A scripts/package/kept_packages.ts compile
 *
 * prints the directory with the packages of a variant, compressed the quick way.
 */

import { RUNTIME_VERSION } from "./runtime.ts";
import { sha256 } from "./checksum.ts";
import { Failure } from "./failure.ts";
import { ownArchitecture } from "./machine.ts";
import { type Architecture, ARCHITECTURES, type Variant } from "./options.ts";
import { exists, removeTree, ROOT, writeFile } from "./paths.ts";
import { runTool } from "./run_tool.ts";
import { testToolchain } from "./test_toolchain.ts";

/** What packages to have. */
export interface Wanted {
  /** `compile` is made with the test pair of compiler and stub. */
  variant: Variant;
  /** Without it: this machine's. */
  arch?: Architecture;
}

/** Packages that are there. */
export interface KeptPackages {
  /** A flat package repository with SHA256SUMS and the bill of materials. */
  directory: string;
  /** What the build said, a line each. */
  said: string;
}

const PLACE = `${ROOT}/build/packages`;
/** Builds of sources that are no more; a test that began before may still look at them. */
const FORGOTTEN_AFTER_MS = 4 * 3_600_000;
/** What packages are made of, and with. */
const SOURCES = ["packaging", "services", "cli", "ffi", "scripts", "deno.json", "deno.lock"];
const TOOLS = ["gcc", "gcc-aarch64-linux-gnu", "libssl-dev", "debhelper", "dpkg-dev"];

/**
 * The packages of a variant, built now or by an earlier call from the same sources; a call while
 * another one builds them waits for it. Throws a `Failure`, with status `tool` or `denort` when the
 * test pair for `compile` cannot be had.
 */
export async function keptPackages(wanted: Wanted): Promise<KeptPackages> {
  const { variant, arch = ownArchitecture() } = wanted;
  const toolchain = variant === "compile" ? await testToolchain() : undefined;
  const kind = `${variant}-${arch}`;
  await Deno.mkdir(PLACE, { recursive: true });
  using lock = await Deno.open(`${PLACE}/.${kind}.lock`, { create: true, write: true });
  await lock.lock(true);

  const directory = `${PLACE}/${kind}-${await digestOfSources()}`;
  const log = `${directory}/.said`;
  if (!await exists(log)) {
    await removeTree(directory);
    await forgetOld(kind);
    const said = await runTool(`${ROOT}/scripts/build`, [
      `--variant=${variant}`,
      `--arch=${arch}`,
      "--compression=gzip",
      "--only=deb",
      `--out=${directory}`,
      ...toolchain === undefined ? [] : [`--toolchain=${toolchain}`],
    ]);
    // Staged trees and unstripped programs are several times as large as the packages.
    await removeTree(`${directory}/${kind}`);
    await writeFile(log, said);
  }
  const now = new Date();
  await Deno.utime(directory, now, now);
  return { directory, said: await Deno.readTextFile(log) };
}

/** One value for all files that packages are made of, and for the tools that make them. */
async function digestOfSources(): Promise<string> {
  const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ...SOURCES];
  const paths = (await runTool("git", ["-C", ROOT, ...list])).split("\0").filter((path) =>
    path !== "" && !path.endsWith("_test.ts")
  );
  const lines: string[] = [RUNTIME_VERSION, await toolVersions()];
  for (const path of [...new Set(paths)].sort()) {
    let content: Uint8Array<ArrayBuffer>;
    try {
      content = await Deno.readFile(`${ROOT}/${path}`);
    } catch (cause) {
      // Removed from the work tree and not yet from the index.
      if (cause instanceof Deno.errors.NotFound) continue;
      throw cause;
    }
    lines.push(`${path} ${await sha256(content)}`);
  }
  return (await sha256(new TextEncoder().encode(lines.join("\n")))).slice(0, 16);
}

async function toolVersions(): Promise<string> {
  const { stdout } = await new Deno.Command("dpkg-query", {
    args: ["-W", ...TOOLS],
    stdin: "null",
    stdout: "piped",
    // Some are not installed where they are not needed.
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}

async function forgetOld(kind: string): Promise<void> {
  for await (const { name } of Deno.readDir(PLACE)) {
    if (!name.startsWith(`${kind}-`)) continue;
    const { mtime } = await Deno.stat(`${PLACE}/${name}`);
    const age = Date.now() - (mtime?.getTime() ?? 0);
    if (age > FORGOTTEN_AFTER_MS) await removeTree(`${PLACE}/${name}`);
  }
}

if (import.meta.main) {
  const [variant, arch = ownArchitecture()] = Deno.args;
  const known = ARCHITECTURES.find((name) => name === arch);
  if ((variant !== "shared" && variant !== "compile") || known === undefined) {
    console.error(`usage: kept_packages.ts shared|compile [${ARCHITECTURES.join("|")}]`);
    Deno.exit(2);
  }
  try {
    console.log((await keptPackages({ variant, arch: known })).directory);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    console.error(error.message);
    Deno.exit(error.status);
  }
}
