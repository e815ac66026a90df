// SPDX-License-Identifier: MIT

import type { Machine } from "../machine.ts";
import { TPM_SOCKET } from "./tpm_service.ts";

/** The first is started by name, the others by their sockets. */
const SERVICES = ["aziot-identityd", "aziot-keyd", "aziot-certd"];

/**
 * Stops the services and opens their sockets again; the Identity Service is started, so that
 * provisioning begins. Says each step and goes on after a failed one; answers whether all worked.
 */
export async function restartServices(machine: Machine, hasTpmd: boolean): Promise<boolean> {
  const services = [...SERVICES, ...hasTpmd ? [TPM_SOCKET.replace(".socket", "")] : []];
  let isGood = true;
  const step = async (verb: "stop" | "start", unit: string): Promise<void> => {
    machine.out(verb === "stop" ? `Stopping ${unit}...` : `Starting ${unit}...`);
    if (await systemctl(machine, verb, unit)) {
      machine.out(verb === "stop" ? "Stopped!\n" : "Started!\n");
    } else {
      machine.out("\n");
      isGood = false;
    }
  };
  for (const service of services) await step("stop", `${service}.service`);
  for (const service of services) await step("start", `${service}.socket`);
  await step("start", `${SERVICES[0]}.service`);
  return isGood;
}

/** Has the Identity Service started at boot, so that the device provisions without a caller. */
export function enableIdentityService(machine: Machine): Promise<boolean> {
  return systemctl(machine, "enable", `${SERVICES[0]}.service`);
}

async function systemctl(machine: Machine, verb: string, unit: string): Promise<boolean> {
  try {
    const { success, stdout, stderr } = await machine.systemctl([verb, unit]);
    if (success) return true;
    machine.err(
      `systemctl ${verb} ${unit} exited with a non-zero status\n` +
        `stdout:\n=======\n${stdout}\nstderr:\n=======\n${stderr}\n`,
    );
  } catch (cause) {
    throw new Error(`Failed to call systemctl ${verb}`, { cause });
  }
  return false;
}
