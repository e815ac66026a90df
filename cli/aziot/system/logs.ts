// SPDX-License-Identifier: MIT

import { CliError, EXIT } from "../errors.ts";
import type { Machine } from "../machine.ts";
import { servicesOf } from "./installed_units.ts";

/** Shows the journal of the services; `args` are journalctl's, in place of the usual ones. */
export async function systemLogs(args: readonly string[], machine: Machine): Promise<void> {
  const units = (await servicesOf(machine)).flatMap((service) => ["-u", `${service}.service`]);
  const own = args.length > 0 ? args : ["-e", "--no-pager"];
  if (!await journal([...units, ...own], machine)) {
    throw new CliError("journalctl exited with a non-zero status", EXIT.failure);
  }
}

/** Runs journalctl on the terminal; answers whether it worked. */
export async function journal(args: string[], machine: Machine): Promise<boolean> {
  try {
    return await machine.journalctl(args);
  } catch (cause) {
    throw new Error("Failed to call journalctl", { cause });
  }
}
