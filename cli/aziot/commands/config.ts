// SPDX-License-Identifier: MIT

import type { Command } from "commander";
import { SUPER_CONFIG } from "../files.ts";
import type { Machine } from "../machine.ts";
import { placeOptions } from "./place_options.ts";

/** `aziot config ...`. */
export function addConfig(program: Command, machine: Machine): void {
  const config = program.command("config")
    .description("Work with the configuration of the Identity Service and related services");
  addConfigApply(config, machine);
  addConfigMp(config, machine);
}

function addConfigApply(config: Command, machine: Machine): void {
  const command = config.command("apply")
    .description("Apply the configuration to the Identity Service and related services")
    .option("-c, --config <FILE>", `the system configuration (default: ${SUPER_CONFIG})`)
    .option("--dry-run", "show what would be written, secrets masked; changes nothing")
    .option("--no-restart", "leave the services as they are")
    .option("--force", "write although IoT Edge is configured on this device");
  placeOptions(command).action(async (options) => {
    const { configApply } = await import("../config_apply.ts");
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
    const { configMp } = await import("../config_mp.ts");
    await configMp(options, machine);
  });
}
