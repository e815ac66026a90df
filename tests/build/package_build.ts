// SPDX-License-Identifier: MIT

/** Packages for tests to look into, and what to look with. */

import assert from "node:assert/strict";
import {
  type KeptPackages,
  keptPackages,
  type Wanted,
} from "../../scripts/package/kept_packages.ts";

export const ROOT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
export const PACKAGE = "aziot-identity-service";

/** What a command said. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a command to its end. */
export async function run(
  command: readonly string[],
  options: { cwd?: string; env?: Record<string, string>; clearEnv?: boolean } = {},
): Promise<Ended> {
  const [executable = "", ...args] = command;
  const { code, stdout, stderr } = await new Deno.Command(executable, {
    args,
    stdin: "null",
    ...options,
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** Runs a command that has to succeed and answers its output. */
export async function succeed(
  command: readonly string[],
  options: Parameters<typeof run>[1] = {},
): Promise<string> {
  const { code, stdout, stderr } = await run(command, options);
  assert.equal(code, 0, `${command.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
  return stdout;
}

/** A directory that is removed when the tests of the file have ended. */
export function temporaryDirectory(): string {
  const directory = Deno.makeTempDirSync();
  globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
  return directory;
}

/** What is expensive and used by several tests, made by the first that asks. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => made ??= make();
}

/** Packages with the identity package unpacked. */
export interface Build extends KeptPackages {
  /** The package, by its path. */
  path: string;
  /** Its content, unpacked. */
  tree: string;
}

/** The packages of a variant, with the identity package unpacked below `directory`. */
export async function unpacked(directory: string, wanted: Wanted): Promise<Build> {
  const kept = await keptPackages(wanted);
  const path = await packageIn(kept.directory, PACKAGE);
  const tree = `${directory}/tree`;
  await succeed(["dpkg-deb", "-x", path, tree]);
  return { ...kept, path, tree };
}

/**
 * Builds the same sources again: in another directory, with other times, and with the npm packages
 * in another place. Every file for users has to come out the same, byte for byte.
 */
export async function assertReproducible(kept: KeptPackages, directory: string): Promise<void> {
  const again = `${directory}/again`;
  const [root, cache, out] = [`${again}/sources`, `${again}/cache`, `${again}/out`];
  await Deno.mkdir(again);
  await succeed(["cp", "-r", kept.sources, root]);
  const { denoDir } = JSON.parse(await succeed([Deno.execPath(), "info", "--json"]));
  // Only what is fetched: the rest changes while others use it.
  await Deno.mkdir(cache);
  await succeed(["cp", "-r", `${denoDir}/npm`, `${denoDir}/dl`, cache]);
  await succeed([`${root}/scripts/build`, ...kept.args, `--out=${out}`], {
    env: { DENO_DIR: cache },
  });
  const sums = (place: string) => Deno.readTextFile(`${place}/SHA256SUMS`);
  assert.equal(await sums(out), await sums(kept.directory));
  await succeed(["sha256sum", "--check", "--quiet", "SHA256SUMS"], { cwd: kept.directory });
  await Deno.remove(again, { recursive: true });
}

/** The path of the one package of that name in a directory. */
export async function packageIn(directory: string, name: string): Promise<string> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(directory)) {
    if (entry.name.startsWith(`${name}_`) && entry.name.endsWith(".deb")) found.push(entry.name);
  }
  assert.equal(found.length, 1, `${directory} has ${found.join(", ")}`);
  return `${directory}/${found[0]}`;
}

/** A field of a package. */
export async function field(path: string, name: string): Promise<string> {
  return (await succeed(["dpkg-deb", "--field", path, name])).trim();
}

/** What a package unpacks: path → `mode owner` or the target of a link; directories left out. */
export async function contents(path: string): Promise<Map<string, string>> {
  const entries = new Map<string, string>();
  for (const line of (await succeed(["dpkg-deb", "--contents", path])).split("\n")) {
    const [, mode, owner, name] = /^(\S+)\s+(\S+)\s+\d+ \S+ \S+ \.(\/.*)$/.exec(line) ?? [];
    if (mode === undefined || owner === undefined || name === undefined || name.endsWith("/")) {
      continue;
    }
    const [file = "", target] = name.split(" -> ");
    entries.set(file, target === undefined ? `${octal(mode)} ${owner}` : `-> ${target}`);
  }
  return entries;
}

function octal(mode: string): string {
  const bits = [...mode.slice(1, 10)].map((letter) => letter === "-" ? "0" : "1").join("");
  return Number.parseInt(bits, 2).toString(8).padStart(4, "0");
}
