// SPDX-License-Identifier: MIT

import type { Machine } from "../machine.ts";
import { restartServices, stopServices } from "./units.ts";

/** Stops the services. */
export async function systemStop(machine: Machine): Promise<void> {
  if (!await stopServices(machine)) throw new Error("not every service could be stopped");
}

/** Stops the services and starts them again. */
export async function systemRestart(machine: Machine): Promise<void> {
  if (!await restartServices(machine)) throw new Error("not every service could be restarted");
}
