// SPDX-License-Identifier: MIT

import { partsOf } from "./schema_parts.ts";

/**
 * The keys that a document may have: each with the keys of its table, `"*"` for those that the
 * user names, `"**"` for whatever stands in a free-form table. A list of tables counts as one
 * table. A key without a table has no entries.
 */
export interface KnownKeys {
  [key: string]: KnownKeys;
}

/** The keys that a schema reads. Of alternatives all keys count: they are accepted and ignored. */
export function keysOf(schema: unknown): KnownKeys {
  const known: KnownKeys = Object.create(null);
  collect(schema, known);
  return known;
}

function collect(schema: unknown, known: KnownKeys): void {
  const parts = partsOf(schema);
  if (parts === undefined) return;
  for (const [key, entry] of Object.entries(parts.entries ?? {})) {
    collect(entry, known[key] ??= Object.create(null));
  }
  const named = parts.type === "record" ? parts.value : parts.rest;
  if (named !== undefined) collect(named, known["*"] ??= Object.create(null));
  for (const inner of [parts.item, parts.wrapped, ...parts.options ?? []]) collect(inner, known);
  if (parts.type === "any" || parts.type === "unknown") known["**"] = Object.create(null);
}
