// SPDX-License-Identifier: MIT

/** The tool with which an administrator configures the Identity Service and looks after it. */

import { CliError, errorText, EXIT, SilentExit } from "./errors.ts";
import { type Machine, thisMachine } from "./machine.ts";

/** Carries out a command line and answers the exit code. All output goes through `machine`. */
export async function aziot(args: readonly string[], machine: Machine): Promise<number> {
  // `deno task aziot -- ARGS` passes the dashes on.
  const own = args[0] === "--" ? args.slice(1) : args;
  try {
    const { runCommandLine } = await import("./command_line.ts");
    return await runCommandLine(own, machine);
  } catch (error) {
    if (error instanceof SilentExit) return error.exitCode;
    machine.err(errorText(error, machine.env("AZIOT_DEBUG") === "1"));
    return error instanceof CliError ? error.exitCode : EXIT.failure;
  }
}

if (import.meta.main) Deno.exitCode = await aziot(Deno.args, thisMachine());
