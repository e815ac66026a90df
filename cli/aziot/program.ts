// SPDX-License-Identifier: MIT

import { Command } from "commander";
import { VERSION } from "../../services/version.ts";
import { SUPER_CONFIG } from "./files.ts";
import { FLAGS } from "./init/options.ts";
import type { Machine } from "./machine.ts";

/** The commands with their options; what each does is loaded when it runs. */
export function aziotProgram(machine: Machine): Command {
  const program = new Command("aziot")
    .description("Configures the Azure IoT Identity Service and the services around it")
    .version(`aziot ${VERSION}`, "-V, --version", "Print version")
    .helpOption("-h, --help", "Print help")
    .helpCommand("help [command]", "Print this message or the help of the given subcommand");

  addInit(program, machine);
  const config = program.command("config")
    .description("Work with the configuration of the Identity Service and related services");
  addConfigApply(config, machine);
  addConfigMp(config, machine);
  return program;
}

function addInit(program: Command, machine: Machine): void {
  const command = program.command("init")
    .description("Configure this device from answers on the command line and apply it");
  for (const { flag, help } of FLAGS) {
    const repeatable = flag.endsWith("...");
    if (repeatable) command.option(flag.slice(0, -3), `${help} (repeatable)`, collect);
    else command.option(flag, help);
  }
  command
    .option("--out <FILE>", `the system configuration to write (default: ${SUPER_CONFIG})`)
    .option("--force", "replace the file if it exists already; a copy is kept")
    .option("--non-interactive", "never ask: a missing answer is an error")
    .option("--no-apply", "write the system configuration only")
    .option("--no-restart", "leave the services as they are")
    .option("--dry-run", "show the system configuration, secrets masked; changes nothing")
    .option("--yes", "do not ask for a confirmation")
    .option("--output <FORMAT>", "text or json (default: text)")
    .addHelpText(
      "after",
      "\nAZIOT_CONNECTION_STRING, AZIOT_SYMMETRIC_KEY and AZIOT_EST_PASSWORD in the environment\n" +
        "stand for the flags of these secrets.",
    );
  placeOptions(command).action(async (options) => {
    const { init } = await import("./init.ts");
    await init(options, machine);
  });
}

function collect(value: string, previous: string[] | undefined): string[] {
  return [...previous ?? [], value];
}

function addConfigApply(config: Command, machine: Machine): void {
  const command = config.command("apply")
    .description("Apply the configuration to the Identity Service and related services")
    .option("-c, --config <FILE>", `the system configuration (default: ${SUPER_CONFIG})`)
    .option("--dry-run", "show what would be written, secrets masked; changes nothing")
    .option("--no-restart", "leave the services as they are")
    .option("--force", "write although IoT Edge is configured on this device");
  placeOptions(command).action(async (options) => {
    const { configApply } = await import("./config_apply.ts");
    await configApply(options, machine);
  });
}

function addConfigMp(config: Command, machine: Machine): void {
  const command = config.command("mp")
    .description(
      "Quick-create a new configuration for manual provisioning with a connection string",
    )
    .option("-c, --connection-string <CONNECTION_STRING>", "the connection string")
    .option(
      "--connection-string-file <FILE>",
      "a file that holds the connection string, - for standard input",
    )
    .option(
      "-o, --out-config-file <FILE>",
      `the system configuration to write (default: ${SUPER_CONFIG})`,
    )
    .option("-f, --force", "overwrite the file if it exists already");
  placeOptions(command).action(async (options) => {
    const { configMp } = await import("./config_mp.ts");
    await configMp(options, machine);
  });
}

/** The options of every command that writes configuration. */
function placeOptions(command: Command): Command {
  return command
    .option("--root <DIR>", "work on the system tree below DIR, such as an image being built")
    .option("--output-dir <DIR>", "write all files below DIR and touch nothing else")
    .option("--uids <UIDS>", "with --output-dir: ks=N,cs=N,id=N[,tpm=N], the services' users");
}
