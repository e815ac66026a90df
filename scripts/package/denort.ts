// SPDX-License-Identifier: MIT

/** Finds the stub that `deno compile` makes programs of, and makes sure that it is one. */

import { type ElfFile, readElf } from "./elf.ts";
import { Failure } from "./failure.ts";
import { MULTIARCH, ownArchitecture } from "./machine.ts";
import type { Architecture } from "./options.ts";
import { INSTEAD, officialStub } from "./official_stub.ts";
import { contains } from "./runtime.ts";
import { runTool } from "./run_tool.ts";

const NO_PROGRAM = "Could not find standalone binary section";

/** A compiler and the stub for its programs. */
export interface Compiler {
  deno: string;
  version: string;
  /** Checked and stripped. */
  stub: string;
}

/** Where stubs may come from. */
export interface StubSource {
  arch: Architecture;
  deno: string;
  version: string;
  /** Given by the user; else Deno's cache and download are tried. */
  path: string | undefined;
}

/**
 * The stub for `arch`, checked and stripped below `scratch`. Throws a `Failure` (status `denort`)
 * when there is none, or the one there is not genuine.
 */
export async function genuineStub(source: StubSource, scratch: string): Promise<Compiler> {
  await Deno.mkdir(scratch, { recursive: true });
  const { arch, deno, version } = source;
  const path = source.path ?? await officialStub(arch, version, scratch, await downloads());
  const problem = await problemOf(path, arch) ??
    (arch === ownArchitecture()
      ? await bareRunProblem(path, scratch) ?? await versionProblem(source, path, scratch)
      : undefined);
  if (problem !== undefined) throw new Failure("denort", `${path}: ${problem}; ${INSTEAD}`);

  const stub = `${scratch}/denort`;
  await Deno.copyFile(path, stub);
  await Deno.chmod(stub, 0o755);
  // What is compiled must not be stripped any more: it would lose its program.
  const strip = arch === ownArchitecture() ? "strip" : `${MULTIARCH[arch]}-strip`;
  await runTool(strip, ["-s", stub]);
  return { deno, version, stub };

  async function problemOf(file: string, wanted: Architecture): Promise<string | undefined> {
    let bytes: Uint8Array;
    let elf: ElfFile;
    try {
      bytes = await Deno.readFile(file);
      elf = readElf(bytes);
    } catch (cause) {
      return cause instanceof Error ? cause.message : String(cause);
    }
    const static_ = staticProblem(elf, wanted);
    if (static_ !== undefined || wanted === ownArchitecture()) return static_;
    // A foreign machine's stub cannot be run: its texts have to do.
    if (!contains(bytes, NO_PROGRAM)) return "no stub of deno compile";
    return contains(bytes, version) ? undefined : `not of version ${version}`;
  }
}

/** What the headers alone show to be wrong. */
export function staticProblem(elf: ElfFile, wanted: Architecture): string | undefined {
  if (elf.architecture !== wanted) return `a stub for ${elf.architecture}, not for ${wanted}`;
  // The program that comes first wins: it would be started instead of ours.
  if (elf.sections.some(({ name }) => name === ".note.sui")) return "it contains a program already";
  return undefined;
}

/** Where Deno keeps what it has downloaded. */
async function downloads(): Promise<string> {
  const { denoDir } = JSON.parse(await runTool(Deno.execPath(), ["info", "--json"])) as {
    denoDir: string;
  };
  return `${denoDir}/dl`;
}

/** A stub without a program says so; the whole runtime, for one, would start a prompt. */
async function bareRunProblem(path: string, scratch: string): Promise<string | undefined> {
  const empty = `${scratch}/empty`;
  await Deno.mkdir(empty, { recursive: true });
  const { code, stderr } = await new Deno.Command(await Deno.realPath(path), {
    cwd: empty,
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    signal: AbortSignal.timeout(30_000),
  }).output();
  if (code === 1 && new TextDecoder().decode(stderr).includes(NO_PROGRAM)) return undefined;
  return "no stub of deno compile: started without a program it does something else";
}

async function versionProblem(
  { deno, version }: StubSource,
  path: string,
  scratch: string,
): Promise<string | undefined> {
  const program = `${scratch}/version`;
  await Deno.writeTextFile(`${program}.js`, "console.log(Deno.version.deno);\n");
  const plain = ["compile", "--quiet", "--no-check", "--no-code-cache", "--no-config", "--no-lock"];
  await runTool(deno, [...plain, "--no-remote", "--no-npm", "-o", program, `${program}.js`], {
    cwd: scratch,
    env: { DENORT_BIN: await Deno.realPath(path) },
    failure: "denort",
  });
  const said = (await runTool(program, [], { failure: "denort" })).trim();
  return said === version ? undefined : `of version ${said}, the compiler is ${version}`;
}
