// SPDX-License-Identifier: MIT

import * as v from "valibot";

/** What a valibot schema is made of, as far as it leads from a table to its keys. */
export interface SchemaParts {
  /** valibot's name of the kind: `object`, `record`, `array`, `optional`, `union`, ... */
  type: string;
  /** The keys of an `object`. */
  entries?: Record<string, unknown> | undefined;
  /** The schema of each further value of an `object_with_rest`. */
  rest?: unknown;
  /** The schema of each value of a `record`. */
  value?: unknown;
  /** The schema of each item of an `array`. */
  item?: unknown;
  /** The schema that `optional` and its kin are about. */
  wrapped?: unknown;
  /** The alternatives of a `union` or `variant`. */
  options?: unknown[] | undefined;
}

const PARTS = v.object({
  type: v.string(),
  entries: v.optional(v.record(v.string(), v.unknown())),
  rest: v.optional(v.unknown()),
  value: v.optional(v.unknown()),
  item: v.optional(v.unknown()),
  wrapped: v.optional(v.unknown()),
  options: v.optional(v.array(v.unknown())),
});

/** The parts of a schema; `undefined` for anything else. */
export function partsOf(schema: unknown): SchemaParts | undefined {
  const { success, output } = v.safeParse(PARTS, schema);
  return success ? output : undefined;
}
