// SPDX-License-Identifier: MIT

/** Runs `scripts/build` for tests and looks into what it made. */

import assert from "node:assert/strict";

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

/** A finished build. */
export interface Build extends Ended {
  out: string;
  /** The package, by its path. */
  path: string;
  /** Its content, unpacked. */
  tree: string;
}

/** Builds with weak, quick compression, which has to succeed, and unpacks the package. */
export async function build(
  directory: string,
  args: string[],
  from: { root?: string; env?: Record<string, string> } = {},
): Promise<Build> {
  const { root = ROOT, env = {} } = from;
  const out = `${directory}/out`;
  const command = [`${root}/scripts/build`, "--compression=gzip", `--out=${out}`, ...args];
  const ended = await run(command, { env });
  assert.equal(ended.code, 0, `${command.join(" ")}:\n${ended.stdout}${ended.stderr}`);
  const path = await packageIn(out, PACKAGE);
  const tree = `${directory}/tree`;
  await succeed(["dpkg-deb", "-x", path, tree]);
  return { ...ended, out, path, tree };
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
