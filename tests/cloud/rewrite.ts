// SPDX-License-Identifier: MIT

/** Changes to the JSON of an answer: what a future or a broken service might send. */
export interface Rewrite {
  /** Members that are added or replaced. */
  set?: Record<string, unknown>;
  /** Members that are left out. */
  omit?: string[];
}

/** Applies the changes to an object, or to each object of a list; anything else stays. */
export function rewrite(value: unknown, changes: Rewrite): unknown {
  if (Array.isArray(value)) return value.map((element) => rewrite(element, changes));
  if (typeof value !== "object" || value === null) return value;
  const left = Object.entries({ ...value, ...changes.set })
    .filter(([name]) => !changes.omit?.includes(name));
  return Object.fromEntries(left);
}
