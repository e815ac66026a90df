// SPDX-License-Identifier: MIT

import { type Command, Option } from "commander";
import type { Machine } from "../machine.ts";
import { collect } from "./collect.ts";

/** `aziot check` and `aziot check-list`. */
export function addCheck(program: Command, machine: Machine): void {
  program.command("check").description("Check for common config and deployment issues")
    .option(
      "--dont-run <IDS>",
      "checks that are not run, by id, separated by spaces (repeatable)",
      collect,
    )
    .addOption(
      new Option("-o, --output <FORMAT>", "output format; JSON also tells of the machine")
        .choices(["text", "json", "json-stream"]).default("text"),
    )
    .option("-v, --verbose", "show causes, and the checks that are skipped")
    .option("--warnings-as-errors", "count warnings as errors")
    .option(
      "--ntp-server <HOST:PORT>",
      "the time server that the host's clock is compared with",
      "pool.ntp.org:123",
    )
    .option("--iothub-hostname <NAME>", "the IoT Hub, where it is not in the configuration")
    .option("--proxy-uri <URI>", "the proxy towards IoT Hub and DPS")
    .option("--expected-aziot-version <VERSION>", "the version that should be installed")
    .action(async (options) => {
      const { check } = await import("../check/command.ts");
      await check(options, machine);
    });
  program.command("check-list").description("List the checks that are run for 'aziot check'")
    .addOption(
      new Option("-o, --output <FORMAT>", "output format").choices(["text", "json"])
        .default("text"),
    )
    .action(async (options) => {
      const { checkList } = await import("../check/list.ts");
      checkList(options, machine);
    });
}
