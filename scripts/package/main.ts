// SPDX-License-Identifier: MIT

/** Builds the packages: `scripts/build`. */

import { build } from "./build.ts";
import { Failure } from "./failure.ts";
import { ownArchitecture } from "./machine.ts";
import { parseOptions, USAGE } from "./options.ts";

if (import.meta.main) {
  if (Deno.args.some((argument) => argument === "--help" || argument === "-h")) {
    console.log(USAGE.trimEnd());
    Deno.exit(0);
  }
  try {
    await build(parseOptions(Deno.args, ownArchitecture()), (line) => console.log(line));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    console.error(error.message);
    Deno.exit(error.status);
  }
}
