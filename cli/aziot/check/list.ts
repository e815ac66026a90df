// SPDX-License-Identifier: MIT

import type { Machine } from "../machine.ts";
import { SECTIONS } from "./sections.ts";

/** Options of `check-list`. */
export interface CheckListOptions {
  output: "text" | "json";
}

/** Lists all checks. */
export function checkList({ output }: CheckListOptions, machine: Machine): void {
  machine.out(output === "json" ? json() : table());
}

function json(): string {
  const sections = SECTIONS.map(({ name, checks }) =>
    [name, checks.map(({ id, description }) => ({ id, description }))] as const
  );
  const sorted = sections.toSorted(([a], [b]) => a < b ? -1 : 1);
  return `${JSON.stringify(Object.fromEntries(sorted))}\n`;
}

function table(): string {
  const rows = SECTIONS.map(({ name, checks }) =>
    checks.map(({ id, description }) => [name, id, description] as const)
  );
  const widths = [0, 1].map((column) =>
    1 + Math.max(...rows.flat().map((row) => row[column]?.length ?? 0))
  );
  const line = (...cells: readonly string[]) =>
    `${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("")}\n`;
  const sections = rows.map((section) => `${section.map((row) => line(...row)).join("")}\n`);
  return `${line("CATEGORY", "ID", "DESCRIPTION")}\n${sections.join("")}`;
}
