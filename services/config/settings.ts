// SPDX-License-Identifier: MIT

/**
 * What the schemas of all services are made of beside valibot's own parts: whole numbers with
 * their range, and the text that says why a setting is refused.
 */

import * as v from "valibot";
import { isTable } from "./merge.ts";
import { Float } from "./toml.ts";

/** An integer setting from 0 to 4294967295, such as a uid. */
export const u32 = (): v.GenericSchema<number> => wholeNumber("u32", 0xffff_ffff);

/** An integer setting from 0 on, such as a duration in seconds. */
export const u64 = (): v.GenericSchema<number> => wholeNumber("u64", Number.MAX_SAFE_INTEGER);

/** An integer setting from 0 on that counts something, such as connections. */
export const usize = (): v.GenericSchema<number> => wholeNumber("usize", Number.MAX_SAFE_INTEGER);

function wholeNumber(
  name: string,
  max: number,
): v.GenericSchema<number> {
  const refused = (issue: v.BaseIssue<unknown>): string => refusal(issue.input, name);
  return v.pipe(
    v.number(refused),
    v.integer(refused),
    v.minValue(0, refused),
    v.maxValue(max, refused),
  );
}

/** One thing that a schema refuses. */
export interface Refusal {
  /** Why, without the place: "missing field `keys`". Shows no text that may be a secret. */
  reason: string;
  /** The setting, or for a missing field the table that lacks it. Empty: the whole document. */
  path: (string | number)[];
}

/** Puts the first issue of a schema into words. */
export function explain(issue: v.BaseIssue<unknown>): Refusal {
  const path = (issue.path ?? []).map(({ key }) => typeof key === "number" ? key : String(key));
  const inside = bestOption(issue);
  if (inside) {
    const { reason, path: rest } = explain(inside);
    return { reason, path: [...path, ...rest] };
  }
  if (issue.kind !== "schema" || !issue.message.startsWith("Invalid ")) {
    return { reason: issue.message, path };
  }
  if (issue.input === undefined && path.length > 0) {
    return { reason: `missing field \`${path.at(-1)}\``, path: path.slice(0, -1) };
  }
  return { reason: refusal(issue.input, expected(issue), acceptsText(issue)), path };
}

/** Of several shapes that all failed, the complaint of the one that came nearest. */
function bestOption(issue: v.BaseIssue<unknown>): v.BaseIssue<unknown> | undefined {
  return issue.issues?.find(({ path }) => path !== undefined && path.length > 0);
}

/** "invalid type: integer `5`, expected a string"; shows no text that may be a secret. */
export function refusal(input: unknown, expected: string, acceptsText = false): string {
  if (acceptsText && typeof input === "string") {
    return `unknown variant \`${input}\`, expected ${expected}`;
  }
  const isRange = typeof input === "number" && Number.isInteger(input);
  const kind = isRange && /^(u32|u64|usize)$/.test(expected) ? "value" : "type";
  return `invalid ${kind}: ${describe(input, expected)}, expected ${expected}`;
}

/** Kind and, where it cannot be a secret, content of a value. */
function describe(input: unknown, expected: string): string {
  switch (typeof input) {
    case "number":
      return `${Number.isInteger(input) ? "integer" : "floating point"} \`${input}\``;
    case "boolean":
      return `boolean \`${input}\``;
    case "string": {
      // A word where a number belongs is no key; anywhere else it might be one.
      const isHarmless = /^(u32|u64|usize|a boolean)$/.test(expected) && input.length <= 20;
      return isHarmless ? `string ${JSON.stringify(input)}` : "string";
    }
  }
  if (input instanceof Float) return `floating point \`${input.value.toFixed(1)}\``;
  if (Array.isArray(input)) return "array";
  return isTable(input) ? "table" : "date";
}

const KINDS: Record<string, string> = {
  string: "a string",
  number: "an integer",
  boolean: "a boolean",
  array: "an array",
  Array: "an array",
  object: "a table",
  Object: "a table",
  record: "a table",
};

function acceptsText(issue: v.BaseIssue<unknown>): boolean {
  return /^(picklist|variant|literal|enum)$/.test(issue.type) && issue.expected !== "Object";
}

function expected(issue: v.BaseIssue<unknown>): string {
  const names = (issue.expected ?? "").replace(/^\(|\)$/g, "").split(" | ");
  if (acceptsText(issue)) {
    const values = names.map((name) => `\`${name.replace(/^"|"$/g, "")}\``);
    return values.length === 1 ? `${values[0]}` : `one of ${values.join(", ")}`;
  }
  return names.map((name) => KINDS[name] ?? name).join(" or ");
}
