// SPDX-License-Identifier: MIT

import type { Program } from "../../packaging/manifest.ts";
import { computedLoads } from "./computed_loads.ts";
import { Failure } from "./failure.ts";
import { ROOT } from "./paths.ts";
import { runTool } from "./run_tool.ts";

/** The code of a program: one file, and what it loads only when needed, by path below it. */
export interface Bundle {
  main: string;
  /** Named `<program>/<chunk>.js`, relative to the main file. */
  chunks: Map<string, string>;
}

/** Type-checks every program: bundling and compiling do not. */
export async function checkTypes(programs: readonly Program[]): Promise<void> {
  const entries = programs.map((program) => `${ROOT}/${program.entry}`);
  await runTool(Deno.execPath(), ["check", "--quiet", ...entries], { cwd: ROOT });
}

/**
 * Bundles a program with its libraries. Daemons become one file; tools, which load a subcommand
 * when it is called, become one file and chunks. The result says nothing of where it was made.
 */
export async function bundleProgram(program: Program, scratch: string): Promise<Bundle> {
  const directory = `${scratch}/${program.name}`;
  await runTool(Deno.execPath(), [
    "bundle",
    "--quiet",
    ...isDaemon(program) ? [] : ["--code-splitting"],
    "--outdir",
    directory,
    `${ROOT}/${program.entry}`,
  ], { cwd: ROOT });

  const files = new Map<string, string>();
  for await (const { name } of Deno.readDir(directory)) {
    files.set(name, nameless(await Deno.readTextFile(`${directory}/${name}`)));
  }
  const loads = [...files.values()].flatMap(computedLoads);
  if (loads.length > 0) {
    throw new Failure("build", `${program.name} loads by computed names:\n${loads.join("\n")}`);
  }
  const main = files.get("main.js");
  if (main === undefined) throw new Failure("build", `${program.entry} gave no main.js`);
  files.delete("main.js");
  return assemble(program.name, main, files);
}

/** Whether a program serves: those have the serve adapter. */
export function isDaemon(program: Program): boolean {
  return program.preload !== undefined;
}

/**
 * Comments, and the names of modules in the older form, say where in the cache of npm packages a
 * file was: what counts is package and version.
 */
export function nameless(source: string): string {
  return source.replace(
    /^(\/\/ |\s+")\S*\/npm\/[^/\s]+\/((?:@[^/\s]+\/)?[^/\s]+)\/([0-9][^/\s]*)\/(\S+)/gm,
    "$1npm:$2@$3/$4",
  );
}

/** Chunks carry a digest that depends on the build's directories: they get names of their own. */
export function assemble(program: string, main: string, files: Map<string, string>): Bundle {
  const masked = (source: string) => source.replace(/-[0-9A-Z]{8}(?=\.js\b)/g, "");
  const ordered = [...files].sort(([, a], [, b]) => {
    const [left, right] = [masked(a), masked(b)];
    return left < right ? -1 : left > right ? 1 : 0;
  });
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const [file] of ordered) {
    const base = masked(file).replace(/\.js$/, "");
    let name = base;
    for (let number = 2; taken.has(name); number++) name = `${base}-${number}`;
    taken.add(name);
    names.set(file, `${name}.js`);
  }
  const renamed = (source: string, directory: string) =>
    source.replace(/(["'])\.\/([\w.-]+\.js)\1/g, (whole, quote: string, file: string) => {
      const name = names.get(file);
      return name === undefined ? whole : `${quote}./${directory}${name}${quote}`;
    });

  const chunks = new Map<string, string>();
  for (const [file, source] of files) {
    chunks.set(`${program}/${names.get(file)}`, renamed(source, ""));
  }
  return { main: renamed(main, `${program}/`), chunks };
}
