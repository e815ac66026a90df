// SPDX-License-Identifier: MIT

import type { Command } from "commander";
import { bashScript } from "./bash.ts";
import { fishScript } from "./fish.ts";
import { offersOf } from "./model.ts";
import { zshScript } from "./zsh.ts";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** The shells for which there is a script. */
export type Shell = keyof typeof SCRIPTS;

/** The completion script of a shell for the commands of `program`, also by the field's name. */
export function completionScript(program: Command, shell: Shell): string {
  return SCRIPTS[shell](offersOf(program), [program.name(), `${program.name()}ctl`]);
}
