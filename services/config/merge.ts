// SPDX-License-Identifier: MIT

import type { Table, Value } from "./toml.ts";

/**
 * Lays one document over another the way all daemons do: table onto table key by key, array onto
 * array by appending, anything else (also a change of type) replaced. Neither argument is changed.
 */
export function merge(base: Table, patch: Table): Table {
  const merged: Table = Object.assign(Object.create(null), base);
  for (const [key, value] of Object.entries(patch)) {
    const before = merged[key];
    merged[key] = before === undefined ? value : mergeValue(before, value);
  }
  return merged;
}

function mergeValue(base: Value, patch: Value): Value {
  if (Array.isArray(base) && Array.isArray(patch)) return [...base, ...patch];
  if (isTable(base) && isTable(patch)) return merge(base, patch);
  return patch;
}

/** Whether a value of a document is a table: no array, no date, no number kept as a float. */
export function isTable(value: unknown): value is Table {
  // Tables come from the parser without a prototype, everything else that is an object has one.
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === null;
}
