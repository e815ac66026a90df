// SPDX-License-Identifier: MIT

import { CliError, EXIT } from "../errors.ts";
import type { Machine } from "../machine.ts";
import { certificateStatus } from "./certificate_status.ts";
import { deviceStatus } from "./device_status.ts";
import { journal } from "./logs.ts";
import {
  type ServiceState,
  serviceState,
  serviceText,
  socketText,
  type UnitState,
} from "./unit_state.ts";
import { servicesOf } from "./installed_units.ts";

/** Options of `system status`. */
export interface SystemStatusOptions {
  output?: "text" | "json";
  json?: boolean;
}

/** Shows whether the services run, and the last log lines of those that should and do not. */
export async function systemStatus(options: SystemStatusOptions, machine: Machine): Promise<void> {
  const services: ServiceState[] = [];
  for (const name of await servicesOf(machine)) services.push(await serviceState(name, machine));

  if (options.json || options.output === "json") await showJson(services, machine);
  else await showText(services, machine);

  const failed = services.filter(({ state }) => state.kind === "failed");
  if (failed.length === 0) return;
  const names = failed.map(({ name }) => name).join(", ");
  throw new CliError(`not in a good state: ${names}`, EXIT.failure);
}

async function showText(services: readonly ServiceState[], machine: Machine): Promise<void> {
  machine.out("System services:\n");
  for (const { name, state } of services) {
    machine.out(`    ${name.padEnd(24)}${serviceText(state)}\n`);
  }
  machine.out("\n");
  for (const { name, state, unit, socket } of services) {
    if (state.kind !== "failed") continue;
    machine.out(`${name} is in a bad state because:\n`);
    await showLog(`${name}.service`, serviceText(unit), machine);
    if (socket.kind !== "active") await showLog(`${name}.socket`, socketText(socket), machine);
  }
  machine.out(
    "Use 'aziot system logs' to check for non-fatal errors.\n" +
      "Use 'aziot check' to diagnose connectivity and configuration issues.\n",
  );
}

async function showLog(unit: string, state: string, machine: Machine): Promise<void> {
  machine.out(`${unit}: ${state}: Printing the last 10 log lines.\n`);
  await journal(["-u", unit, "--no-pager", "-e", "-n", "10"], machine);
  machine.out("\n");
}

async function showJson(services: readonly ServiceState[], machine: Machine): Promise<void> {
  const isRunning = services[0]?.unit.kind === "active";
  const shown = {
    services: services.map(({ name, state, socket }) => ({
      name,
      ...json(state, "ready"),
      sockets: [{ name: `${name}.socket`, ...json(socket, "down") }],
    })),
    ...await deviceStatus(isRunning, machine),
    certificates: await certificateStatus(machine),
  };
  machine.out(`${JSON.stringify(shown)}\n`);
}

function json(
  { kind, detail }: UnitState,
  inactive: string,
): { state: string; detail: string | null } {
  if (kind === "active") return { state: "running", detail: null };
  if (kind === "inactive") return { state: inactive, detail: "inactive" };
  return { state: "down", detail: detail.trim() };
}
