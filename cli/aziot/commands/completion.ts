// SPDX-License-Identifier: MIT

import { Argument, type Command } from "commander";
import type { Machine } from "../machine.ts";

/** `aziot completion SHELL`, with which the package makes the files that shells load. */
export function addCompletion(program: Command, machine: Machine): void {
  program.command("completion", { hidden: true })
    .description("Print the completion script of a shell")
    .addArgument(new Argument("<SHELL>").choices(["bash", "zsh", "fish"]))
    .action(async (shell) => {
      const { completionScript } = await import("../completion/completion.ts");
      machine.out(completionScript(program, shell));
    });
}
