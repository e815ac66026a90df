// SPDX-License-Identifier: MIT

import type { Machine } from "../machine.ts";
import { FIRST_SERVICE, servicesOf } from "./installed_units.ts";

/** Stops all services, and with them their sockets; answers whether all worked. */
export async function stopServices(machine: Machine): Promise<boolean> {
  let isGood = true;
  for (const service of await servicesOf(machine)) {
    isGood = await step(machine, "stop", `${service}.service`) && isGood;
  }
  return isGood;
}

/**
 * Stops the services and opens their sockets again; the Identity Service is started, so that
 * provisioning begins. Says each step and goes on after a failed one; answers whether all worked.
 */
export async function restartServices(machine: Machine): Promise<boolean> {
  const services = await servicesOf(machine);
  let isGood = true;
  const all = async (verb: "stop" | "start", units: string[]): Promise<void> => {
    for (const unit of units) isGood = await step(machine, verb, unit) && isGood;
  };
  await all("stop", services.map((service) => `${service}.service`));
  await all("start", services.map((service) => `${service}.socket`));
  await all("start", [`${FIRST_SERVICE}.service`]);
  return isGood;
}

/** Has the Identity Service started at boot, so that the device provisions without a caller. */
export function enableIdentityService(machine: Machine): Promise<boolean> {
  return systemctl(machine, "enable", `${FIRST_SERVICE}.service`);
}

async function step(machine: Machine, verb: "stop" | "start", unit: string): Promise<boolean> {
  machine.out(verb === "stop" ? `Stopping ${unit}...` : `Starting ${unit}...`);
  const isGood = await systemctl(machine, verb, unit);
  machine.out(!isGood ? "\n" : verb === "stop" ? "Stopped!\n" : "Started!\n");
  return isGood;
}

/** Runs systemctl and shows all that it said when it failed; answers whether it worked. */
export async function systemctl(machine: Machine, ...args: string[]): Promise<boolean> {
  try {
    const { success, stdout, stderr } = await machine.systemctl(args);
    if (success) return true;
    machine.err(
      `systemctl ${args.join(" ")} exited with a non-zero status\n` +
        `stdout:\n=======\n${stdout}\nstderr:\n=======\n${stderr}\n`,
    );
  } catch (cause) {
    throw new Error(`Failed to call systemctl ${args[0]}`, { cause });
  }
  return false;
}
