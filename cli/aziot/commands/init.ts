// SPDX-License-Identifier: MIT

import { type Command, Option } from "commander";
import { SUPER_CONFIG } from "../files.ts";
import { FLAGS } from "../init/options.ts";
import type { Machine } from "../machine.ts";
import { collect } from "./collect.ts";
import { placeOptions } from "./place_options.ts";

/** `aziot init`. */
export function addInit(program: Command, machine: Machine): void {
  const command = program.command("init")
    .description(
      "Configure this device from answers, on the command line or asked for, and apply it",
    );
  for (const { flag, help, choices } of FLAGS) {
    const isRepeatable = flag.endsWith("...");
    const option = isRepeatable
      ? new Option(flag.slice(0, -3), `${help} (repeatable)`).argParser(collect)
      : new Option(flag, help);
    // For shells only: what is wrong with an answer is told together with all other answers.
    if (choices !== undefined) option.argChoices = [...choices];
    command.addOption(option);
  }
  command
    .option("--out <FILE>", `the system configuration to write (default: ${SUPER_CONFIG})`)
    .option("--force", "replace the file if it exists already; a copy is kept")
    .option("--non-interactive", "never ask: a missing answer is an error")
    .option("--no-apply", "write the system configuration only")
    .option("--no-restart", "leave the services as they are")
    .option("--dry-run", "show the system configuration, secrets masked; changes nothing")
    .option("--yes", "do not ask for a confirmation")
    .addOption(
      new Option("--output <FORMAT>", "output format").choices(["text", "json"]).default("text"),
    )
    .addHelpText(
      "after",
      "\nAZIOT_CONNECTION_STRING, AZIOT_SYMMETRIC_KEY and AZIOT_EST_PASSWORD in the environment\n" +
        "stand for the flags of these secrets.",
    );
  placeOptions(command).action(async (options) => {
    const { init } = await import("../init.ts");
    await init(options, machine);
  });
}
