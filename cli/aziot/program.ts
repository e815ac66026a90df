// SPDX-License-Identifier: MIT

import { Command } from "commander";
import { VERSION } from "../../services/version.ts";
import { addCheck } from "./commands/check.ts";
import { addCompletion } from "./commands/completion.ts";
import { addConfig } from "./commands/config.ts";
import { addInit } from "./commands/init.ts";
import { addSystem } from "./commands/system.ts";
import type { Machine } from "./machine.ts";

/**
 * The commands with their options, from which help and shell completions are made; what each
 * command does is loaded when it runs.
 */
export function aziotProgram(machine: Machine): Command {
  const program = new Command("aziot")
    .description("Configures the Azure IoT Identity Service and the services around it")
    .version(`aziot ${VERSION}`, "-V, --version", "Print version")
    .helpOption("-h, --help", "Print help")
    .helpCommand("help [command]", "Print this message or the help of the given subcommand");
  addInit(program, machine);
  addConfig(program, machine);
  addCheck(program, machine);
  addSystem(program, machine);
  addCompletion(program, machine);
  return program;
}
