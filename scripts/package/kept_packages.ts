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
import { copySources } from "./source_copy.ts";
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
  /** The sources that it was built from, for another build of the same. */
  sources: string;
  /** Arguments with which `scripts/build` made it, but for `--out`. */
  args: string[];
  /** What the build said, a line each. */
  said: string;
}

const PLACE = `${ROOT}/build/packages`;
/** Builds of sources that are no more; a test that began before may still look at them. */
const FORGOTTEN_AFTER_MS = 4 * 3_600_000;
/** What packages are made with. */
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
  const args = [
    `--variant=${variant}`,
    `--arch=${arch}`,
    "--compression=gzip",
    "--only=deb",
    ...toolchain === undefined ? [] : [`--toolchain=${toolchain}`],
  ];
  await Deno.mkdir(PLACE, { recursive: true });
  using lock = await Deno.open(`${PLACE}/.${kind}.lock`, { create: true, write: true });
  await lock.lock(true);

  const copy = `${PLACE}/.${kind}.sources`;
  await removeTree(copy);
  const tools = [RUNTIME_VERSION, ...args, await toolVersions()];
  const parts = [await copySources(copy), ...tools].join("\n");
  const digest = (await sha256(new TextEncoder().encode(parts))).slice(0, 16);
  const directory = `${PLACE}/${kind}-${digest}`;
  const [log, sources] = [`${directory}/.said`, `${directory}/.sources`];
  if (!await exists(log)) {
    await removeTree(directory);
    await forgetOld(kind);
    await Deno.mkdir(directory);
    await Deno.rename(copy, sources);
    const said = await runTool(`${sources}/scripts/build`, [...args, `--out=${directory}`]);
    // Staged trees and unstripped programs are several times as large as the packages.
    await removeTree(`${directory}/${kind}`);
    await writeFile(log, said);
  }
  await removeTree(copy);
  const now = new Date();
  await Deno.utime(directory, now, now);
  return { directory, sources, args, said: await Deno.readTextFile(log) };
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
