// SPDX-License-Identifier: MIT

import { expand, flags, type Program, type Roots } from "../../packaging/manifest.ts";

/** Prints the names of variables that the runtime and its Node part look at, for sed. */
const RUNTIME_VARIABLES =
  "s/^\\(\\(DENO\\|NODE\\|NPM_CONFIG\\|npm_config\\)_[A-Za-z0-9_]*\\)=.*/\\1/p";

/**
 * The script that stands for a program in the shared variant: the runtime with exactly the
 * permissions of the manifest, in the same process, so that passed sockets and pids stay right.
 */
export function launcher(program: Program, roots: Roots): string {
  const lines = ["#!/bin/sh", `# ${program.name}: ${program.description}.`];
  // What calls a daemon is systemd, with a clean environment. A tool is called by anybody: what
  // the runtime and its Node part take from the environment must not change it. By full paths,
  // since the caller's PATH may begin with a directory of somebody else.
  if (program.preload === undefined) {
    lines.push(
      `for name in $(/usr/bin/env | /usr/bin/sed -n '${RUNTIME_VARIABLES}'); do unset "$name"; done`,
    );
  }
  // Nothing is cached, least of all in a service's home; an absent directory would be made by root.
  lines.push(
    "export DENO_DIR=/dev/null DENO_NO_UPDATE_CHECK=1 DENO_NO_PROMPT=1 DENO_NO_PACKAGE_JSON=1",
    // The runtime would tell whoever is asked at the terminal that it has no cache.
    "export DENO_LOG=info,deno::cache::cache_db=off",
  );
  // The adapter has removed the unit's setting from this shell's environment.
  if (program.preload !== undefined) {
    lines.push(`export LD_PRELOAD=${expand(program.preload, roots)}`);
  }
  const words = ["exec", `${roots.lib}/deno`, "run", "--cached-only", ...runtimeFlags(program)];
  const arguments_ = [...flags(program, roots, { dev: false }), `${roots.lib}/${program.name}.js`];
  lines.push([...words, ...arguments_.map(quoted), '"$@"'].join(" \\\n  "));
  return `${lines.join("\n")}\n`;
}

/** What the runtime is told besides permissions when it runs a bundle. */
export function runtimeFlags({ preload }: Program): string[] {
  // With no directory to keep code in, the time to make that code would be lost at each start.
  const always = ["--no-code-cache"];
  // Else all subcommands of a tool are read and parsed before the one that was asked for: a third
  // of the time that `--help` takes.
  return preload === undefined ? [...always, "--unstable-lazy-dynamic-imports"] : always;
}

/** A word for the shell; those of plain characters stay as they are. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
