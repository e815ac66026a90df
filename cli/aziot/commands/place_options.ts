// SPDX-License-Identifier: MIT

import type { Command } from "commander";

/** The options of every command that writes configuration. */
export function placeOptions(command: Command): Command {
  return command
    .option("--root <DIR>", "work on the system tree below DIR, such as an image being built")
    .option("--output-dir <DIR>", "write all files below DIR and touch nothing else")
    .option("--uids <UIDS>", "with --output-dir: ks=N,cs=N,id=N[,tpm=N], the services' users");
}
