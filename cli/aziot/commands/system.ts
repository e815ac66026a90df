// SPDX-License-Identifier: MIT

import { Argument, type Command, Option } from "commander";
import type { Machine } from "../machine.ts";
import { LOG_LEVELS } from "../system/log_levels.ts";

/** `aziot system ...`. */
export function addSystem(program: Command, machine: Machine): void {
  const system = program.command("system").description("Use system helper commands");
  system.command("restart").description("Restart the services").action(async () => {
    const { systemRestart } = await import("../system/restart.ts");
    await systemRestart(machine);
  });
  system.command("stop").description("Stop the services").action(async () => {
    const { systemStop } = await import("../system/restart.ts");
    await systemStop(machine);
  });
  system.command("status").description("Report the status of the services")
    .addOption(
      new Option("-o, --output <FORMAT>", "output format").choices(["text", "json"])
        .default("text"),
    )
    .option("--json", "the same as --output json")
    .action(async (options) => {
      const { systemStatus } = await import("../system/status.ts");
      await systemStatus(options, machine);
    });
  system.command("logs").description("Get logs for the services")
    .usage("[-- ARGS...]")
    .argument("[args...]", "arguments for journalctl, instead of -e --no-pager")
    .action(async (args) => {
      const { systemLogs } = await import("../system/logs.ts");
      await systemLogs(args, machine);
    });
  system.command("set-log-level").description("Set the log level of the services")
    .addArgument(new Argument("<LOG_LEVEL>").choices(LOG_LEVELS))
    .action(async (level) => {
      const { systemSetLogLevel } = await import("../system/set_log_level.ts");
      await systemSetLogLevel(level, machine);
    });
  system.command("reprovision").description("Reprovision the device with IoT Hub")
    .action(async () => {
      const { systemReprovision } = await import("../system/reprovision.ts");
      await systemReprovision(machine);
    });
}
