// SPDX-License-Identifier: MIT

import type { Machine } from "../machine.ts";

/** What systemd says of a unit. */
export interface UnitState {
  kind: "active" | "inactive" | "failed";
  /** Of a failed unit: systemd's own words. */
  detail: string;
}

/** A service with its socket. */
export interface ServiceState {
  /** Without the ending. */
  name: string;
  /** What to tell of the service: of one that runs without its socket, that it failed. */
  state: UnitState;
  /** Of the service's own unit. */
  unit: UnitState;
  socket: UnitState;
}

/** Asks systemd for a service and its socket. */
export async function serviceState(name: string, machine: Machine): Promise<ServiceState> {
  const unit = await unitState(`${name}.service`, machine);
  const socket = await unitState(`${name}.socket`, machine);
  const isCutOff = unit.kind === "active" && socket.kind !== "active";
  const state: UnitState = isCutOff ? { kind: "failed", detail: "socket error" } : unit;
  return { name, state, unit, socket };
}

async function unitState(unit: string, machine: Machine): Promise<UnitState> {
  let said: { stdout: string; stderr: string };
  try {
    said = await machine.systemctl(["is-active", unit]);
  } catch (cause) {
    throw new Error("Failed to call systemctl is-active", { cause });
  }
  const stdout = said.stdout.trim();
  if (stdout === "active" || stdout === "inactive") return { kind: stdout, detail: "" };
  return { kind: "failed", detail: `${stdout} ${said.stderr.trim()}` };
}

/** A service's state as people read it. An inactive one starts with its first caller. */
export function serviceText({ kind, detail }: UnitState): string {
  return kind === "inactive" ? "Ready" : kind === "active" ? "Running" : `Down - ${detail}`;
}

/** A socket's state as people read it. */
export function socketText({ kind, detail }: UnitState): string {
  return kind === "active" ? "Running" : `Down - ${kind === "inactive" ? kind : detail}`;
}
