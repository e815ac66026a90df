// SPDX-License-Identifier: MIT

import { flags, type Program, type Roots } from "../../packaging/manifest.ts";
import { bakedPermissions, permissionDifferences } from "./baked.ts";
import type { Bundle } from "./bundles.ts";
import type { Compiler } from "./denort.ts";
import { readElf } from "./elf.ts";
import { Failure } from "./failure.ts";
import type { Architecture } from "./options.ts";
import { writeFile } from "./paths.ts";
import { runTool } from "./run_tool.ts";

/** The arguments of `deno compile` for a program whose bundle is `<name>.js` in the directory. */
export function compileArguments(program: Program, roots: Roots, output: string): string[] {
  return [
    "compile",
    "--quiet",
    "--no-check",
    // The usual place of the cache is a predictable name in /tmp.
    "--no-code-cache",
    "--cached-only",
    ...flags(program, roots, { dev: false }),
    "--app-name",
    program.name,
    "--output",
    output,
    `${program.name}.js`,
  ];
}

/** Compiles a bundle into an executable below `scratch`; the same input gives the same bytes. */
export async function compileProgram(
  program: Program,
  bundle: Bundle,
  roots: Roots,
  target: { arch: Architecture; compiler: Compiler; epoch: number },
  scratch: string,
): Promise<string> {
  const { arch, compiler, epoch } = target;
  const sources = `${scratch}/${program.name}.sources`;
  await Deno.mkdir(`${sources}/${program.name}`, { recursive: true });
  const files = [[`${program.name}.js`, bundle.main] as const, ...bundle.chunks];
  for (const [name, source] of files) {
    await writeFile(`${sources}/${name}`, source);
    // Times of the sources are baked in.
    await Deno.utime(`${sources}/${name}`, epoch, epoch);
  }
  const output = `${scratch}/${program.name}`;
  const foreign = arch === "amd64" ? "x86_64-unknown-linux-gnu" : "aarch64-unknown-linux-gnu";
  const args = compileArguments(program, roots, output);
  await runTool(compiler.deno, [...args.slice(0, 1), "--target", foreign, ...args.slice(1)], {
    cwd: sources,
    env: { DENORT_BIN: compiler.stub },
  });
  await checkCompiled(output, program, roots, arch);
  return output;
}

async function checkCompiled(
  path: string,
  program: Program,
  roots: Roots,
  arch: Architecture,
): Promise<void> {
  const bytes = await Deno.readFile(path);
  const elf = readElf(bytes);
  if (elf.architecture !== arch) {
    throw new Failure("build", `${program.name} was compiled for ${elf.architecture}, not ${arch}`);
  }
  const differences = permissionDifferences(bakedPermissions(bytes), program, roots);
  if (differences.length === 0) return;
  throw new Failure(
    "build",
    `${program.name} has other permissions than the manifest says:\n` +
      differences.join("\n"),
  );
}
