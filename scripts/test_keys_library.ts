// SPDX-License-Identifier: MIT

/**
 * `task test:keys-library -- [--interface] PATH`: checks any keys library against the interface and
 * the behaviour that keyd relies on, and prints a report. `--interface`: the interface alone, for a
 * library that keeps its keys elsewhere. Exits with 0 when the library is usable.
 */

import { buildNative } from "./build_native.ts";

const USAGE = "usage: task test:keys-library -- [--interface] PATH";

async function main(): Promise<number> {
  const args = Deno.args.filter((argument) => argument !== "--");
  const [path, ...more] = args.filter((argument) => argument !== "--interface");
  if (path === undefined || path.startsWith("-") || more.length > 0) {
    console.error(USAGE);
    return 2;
  }
  let library: string;
  try {
    library = await Deno.realPath(path);
  } catch (cause) {
    console.error(`${path}: ${cause instanceof Error ? cause.message : cause}`);
    return 2;
  }
  const build = await buildNative({ sanitize: false });
  const { code } = await new Deno.Command(`${build}/tests/keys_suite`, {
    args: [...args.includes("--interface") ? ["--interface"] : [], library],
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  return code;
}

Deno.exit(await main());
