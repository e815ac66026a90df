// SPDX-License-Identifier: MIT

import { isTable } from "./merge.ts";
import { partsOf } from "./schema_parts.ts";
import { type Refusal, refusal } from "./settings.ts";

/** Names that valibot leaves out of a table of free names without a word. */
const LOST_NAMES = ["__proto__", "constructor", "prototype"];

/**
 * What valibot lets pass though a document must not have it: a list or a date where a table
 * belongs (there every object counts as a table), and names that it would drop.
 */
export function checkShape(
  schema: unknown,
  value: unknown,
  path: (string | number)[] = [],
): Refusal | undefined {
  const parts = partsOf(schema);
  if (parts === undefined || value === undefined) return undefined;
  if (parts.wrapped !== undefined) return checkShape(parts.wrapped, value, path);
  switch (parts.type) {
    case "object":
    case "object_with_rest":
    case "record":
    case "variant": {
      if (!isTable(value)) return { reason: refusal(value, "a table"), path };
      const named = parts.type === "record" ? parts.value : parts.rest;
      return firstOf(Object.entries(value), ([key, inner]) => {
        if (named !== undefined && LOST_NAMES.includes(key)) {
          return { reason: `\`${key}\` cannot be used as a name`, path };
        }
        return checkShape(parts.entries?.[key] ?? named, inner, [...path, key]);
      });
    }
    case "array":
      if (!Array.isArray(value)) return undefined;
      return firstOf(
        [...value.entries()],
        ([index, item]) => checkShape(parts.item, item, [...path, index]),
      );
    default:
      return undefined;
  }
}

function firstOf<T>(
  items: readonly T[],
  check: (item: T) => Refusal | undefined,
): Refusal | undefined {
  for (const item of items) {
    const refused = check(item);
    if (refused) return refused;
  }
  return undefined;
}
