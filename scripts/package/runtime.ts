// SPDX-License-Identifier: MIT

import pinned from "../../packaging/runtime.json" with { type: "json" };
import { sha256, sha256OfFile } from "./checksum.ts";
import { type ElfFile, readElf } from "./elf.ts";
import { Failure } from "./failure.ts";
import { npmPackage } from "./npm_package.ts";
import type { Architecture } from "./options.ts";
import { runTool } from "./run_tool.ts";

/** The version of Deno that everything is built with and for. */
export const RUNTIME_VERSION = pinned.version;

/** The build runs in the pinned version; throws a `Failure` when it does not. */
export function checkOwnVersion(): void {
  if (Deno.version.deno === RUNTIME_VERSION) return;
  throw new Failure(
    "tool",
    `Deno ${RUNTIME_VERSION} is needed, not ${Deno.version.deno}: use ./scripts/build`,
  );
}

/** The version that a Deno binary for this machine says it has. */
export async function versionOf(deno: string): Promise<string> {
  const said = await runTool(deno, ["--version"], { failure: "tool" });
  return /^deno (\S+)/.exec(said)?.[1] ?? "unknown";
}

/**
 * The Deno binary to ship for `arch`: the one given, else the pinned one of npm. Throws a `Failure`
 * when it is for another machine or of another version, or cannot be had.
 */
export async function runtimeFor(
  arch: Architecture,
  own: Architecture,
  given?: { path: string; version: string },
): Promise<string> {
  if (given) {
    await checkGiven(given.path, given.version, arch, own);
    return given.path;
  }
  const { name, integrity, sha256: wanted } = pinned.packages[arch];
  if (arch === own && await sha256OfFile(Deno.execPath()) === wanted) return Deno.execPath();
  let directory: string;
  try {
    directory = await npmPackage({ name, version: RUNTIME_VERSION, integrity });
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    throw new Failure(
      "tool",
      `the runtime for ${arch}, npm package ${name}@${RUNTIME_VERSION}, cannot be had; ` +
        `give one with --deno=PATH\n${cause.message}`,
      { cause },
    );
  }
  const binary = `${directory}/deno`;
  if (await sha256OfFile(binary) !== wanted) {
    throw new Failure("tool", `${binary} has been changed: remove its directory and build again`);
  }
  return binary;
}

async function checkGiven(
  path: string,
  version: string,
  arch: Architecture,
  own: Architecture,
): Promise<void> {
  let bytes: Uint8Array<ArrayBuffer>;
  let elf: ElfFile;
  try {
    bytes = await Deno.readFile(path);
    elf = readElf(bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Failure("tool", `${path} is no Deno binary: ${reason}`, { cause });
  }
  if (elf.architecture !== arch) {
    throw new Failure("tool", `${path} is for ${elf.architecture}, not for ${arch}`);
  }
  if (arch === own) {
    const found = await versionOf(path);
    if (found === version) return;
    throw new Failure("tool", `${path} is Deno ${found}, not ${version}`);
  }
  // It cannot be run here: the pinned binary is known by its digest, another one by its text.
  if (await sha256(bytes) === pinned.packages[arch].sha256 && version === RUNTIME_VERSION) return;
  if (!contains(bytes, version)) throw new Failure("tool", `${path} is not Deno ${version}`);
}

/** Whether `text` (ASCII) stands anywhere in `bytes`. */
export function contains(bytes: Uint8Array, text: string): boolean {
  const wanted = new TextEncoder().encode(text);
  const [first] = wanted;
  if (first === undefined) return true;
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (wanted.every((byte, offset) => bytes[at + offset] === byte)) return true;
  }
  return false;
}
