// SPDX-License-Identifier: MIT

/** Lays out what a package contains, with final paths and modes, below `<work>/<package>`. */

import type { Program, Roots } from "../../packaging/manifest.ts";
import { type Bundle, isDaemon } from "./bundles.ts";
import { launcher } from "./launcher.ts";
import type { Libraries } from "./libraries.ts";
import { installFile, ROOT, writeFile } from "./paths.ts";
import { runTool } from "./run_tool.ts";

/** A program ready to be laid out. */
export type Built =
  | { program: Program; bundle: Bundle }
  /** Compiled: the path of the executable. */
  | { program: Program; executable: string };

/** Where the libraries go: the public one where it has always been, the private ones together. */
export function libraryPath(name: string): string {
  return name === "libaziot_keys.so" ? `/usr/lib/${name}` : `/usr/lib/aziot/${name}`;
}

/** Lays out the programs, and for the shared variant the runtime at `runtime`. */
export async function stagePrograms(
  tree: string,
  built: readonly Built[],
  roots: Roots,
  runtime?: string,
): Promise<void> {
  for (const item of built) {
    const { program } = item;
    const path = `${tree}${program.installPath}`;
    if ("executable" in item) {
      await installFile(item.executable, path, 0o755);
      continue;
    }
    await install(path, launcher(program, roots), 0o755);
    await writeBundle(program.name, item.bundle, tree + roots.lib);
  }
  if (runtime !== undefined) await installFile(runtime, `${tree}${roots.lib}/deno`, 0o755);
}

/** Lays out the libraries, the header, and the configuration that people start from. */
export async function stageIdentity(
  tree: string,
  programs: readonly Program[],
  libraries: Libraries,
): Promise<void> {
  for (const name of libraries.names) {
    await installFile(`${libraries.directory}/${name}`, `${tree}${libraryPath(name)}`);
  }
  const header = `${tree}/usr/include/aziot-identity-service/aziot-keys.h`;
  await installFile(`${ROOT}/ffi/keys/include/aziot-keys.h`, header);
  const config = `${ROOT}/packaging/config`;
  await installFile(
    `${config}/config.toml.template`,
    `${tree}/etc/aziot/config.toml.template`,
    0o600,
  );
  for (const program of programs.filter(isDaemon)) {
    const service = program.name.replace(/^aziot-/, "");
    const target = `${tree}/etc/aziot/${service}/config.toml.default`;
    await installFile(`${config}/${service}.toml.default`, target, 0o400);
  }
  await installFile(
    `${ROOT}/packaging/free-socket-path`,
    `${tree}/usr/libexec/aziot/free-socket-path`,
    0o755,
  );
  // The name that scripts and documents of version 1 use.
  await Deno.symlink("aziot", `${tree}/usr/bin/aziotctl`);
}

/** Where each shell looks for completions of a command. */
const COMPLETIONS = {
  bash: "/usr/share/bash-completion/completions/aziot",
  zsh: "/usr/share/zsh/vendor-completions/_aziot",
  fish: "/usr/share/fish/vendor_completions.d/aziot.fish",
};

/** Has the tool, bundled in the directory `sources`, write its completions from its commands. */
export async function stageCompletions(tree: string, tool: Bundle, sources: string): Promise<void> {
  await writeBundle("aziot", tool, sources);
  for (const [shell, path] of Object.entries(COMPLETIONS)) {
    const run = ["run", "--no-config", "--no-lock", "--no-npm", "--no-remote", "--allow-all"];
    const args = [...run, `${sources}/aziot.js`, "completion", shell];
    await install(`${tree}${path}`, await runTool(Deno.execPath(), args));
  }
  // bash and fish load completions by the name that was typed.
  await Deno.symlink("aziot", `${tree}/usr/share/bash-completion/completions/aziotctl`);
  await Deno.symlink("aziot.fish", `${tree}/usr/share/fish/vendor_completions.d/aziotctl.fish`);
}

/** Writes a program's bundle as it is installed: `<name>.js` and its chunks below `<name>/`. */
export async function writeBundle(name: string, bundle: Bundle, directory: string): Promise<void> {
  await install(`${directory}/${name}.js`, bundle.main);
  for (const [chunk, source] of bundle.chunks) await install(`${directory}/${chunk}`, source);
}

async function install(path: string, content: string, mode?: number): Promise<void> {
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  await writeFile(path, content, mode);
}
