// SPDX-License-Identifier: MIT

import * as v from "valibot";
import { partsOf } from "../services/config/schema_parts.ts";

/** A key of a table that a daemon reads. */
export interface SchemaKey {
  name: string;
  type: string;
  /** `required`, the value that counts when it is absent as TOML, or nothing. */
  usual: string;
  /** When the key counts, such as `source = "manual"`; several when it counts for each. */
  when: string[];
}

/** A table that a daemon reads. */
export interface SchemaTable {
  /** Such as `provisioning.payload`; empty: the top level. */
  path: string;
  /** Whether there may be several, `[[principal]]`. */
  isList: boolean;
  keys: SchemaKey[];
}

/** The tables of a valibot schema with the ways in which keys are read, outermost first. */
export function schemaTables(schema: unknown): SchemaTable[] {
  const tables = new Map<string, SchemaTable>();
  addTable(schema, [], tables, []);
  return [...tables.values()].filter(({ keys }) => keys.length > 0);
}

function addTable(
  schema: unknown,
  path: readonly string[],
  tables: Map<string, SchemaTable>,
  when: readonly string[],
  isList = false,
): void {
  const parts = partsOf(schema);
  if (parts === undefined) return;
  if (parts.wrapped !== undefined) return addTable(parts.wrapped, path, tables, when, isList);
  const name = path.join(".");
  const table = tables.get(name) ?? { path: name, isList, keys: [] };
  tables.set(name, table);
  if (parts.type === "variant") return addVariant(schema, path, table, tables, when);
  for (const [name, entry] of Object.entries(parts.entries ?? {})) {
    addKey(name, entry, path, tables, when);
  }
  const named = parts.type === "record" ? parts.value : parts.rest;
  if (named !== undefined) addKey("<name>", named, path, tables, when);
}

/** Of tables that differ by one of their keys each key says with which of them it counts. */
function addVariant(
  schema: unknown,
  path: readonly string[],
  table: SchemaTable,
  tables: Map<string, SchemaTable>,
  when: readonly string[],
): void {
  const { key } = v.parse(VARIANT, schema);
  const options = partsOf(schema)?.options ?? [];
  const members = options.map((option) => {
    const literal = v.safeParse(LITERAL, partsOf(option)?.entries?.[key]);
    return literal.success ? literal.output.literal : "";
  });
  const type = members.map((member) => `"${member}"`).join(", ");
  table.keys.push({ name: key, type, usual: "required", when: [...when] });
  options.forEach((option, index) => {
    const { [key]: _, ...others } = partsOf(option)?.entries ?? {};
    addTable({ ...partsOf(option), entries: others }, path, tables, [
      `${key} = "${members[index]}"`,
    ]);
  });
  for (const { name, when } of table.keys) {
    if (name !== key && when.length === members.length) when.splice(0);
  }
}

function addKey(
  name: string,
  entry: unknown,
  path: readonly string[],
  tables: Map<string, SchemaTable>,
  when: readonly string[],
): void {
  const { inner, usual } = unwrapped(entry);
  const parts = partsOf(inner);
  if (isTable(inner)) return addTable(inner, [...path, name], tables, when);
  const item = parts?.type === "array" ? unwrapped(parts.item).inner : undefined;
  if (item !== undefined && isTable(item)) {
    return addTable(item, [...path, name], tables, when, true);
  }

  const keys = tables.get(path.join("."))?.keys;
  const known = keys?.find((key) => key.name === name && key.type === typeOf(inner));
  if (known !== undefined) known.when.push(...when);
  else keys?.push({ name, type: typeOf(inner), usual, when: [...when] });
}

function isTable(schema: unknown): boolean {
  const type = partsOf(schema)?.type ?? "";
  return ["object", "object_with_rest", "record", "variant"].includes(type);
}

const LITERAL = v.object({ type: v.literal("literal"), literal: v.string() });
const PICKLIST = v.object({ options: v.array(v.string()) });
const VARIANT = v.object({ key: v.string() });
const OPTIONAL = v.looseObject({ type: v.picklist(["optional", "exact_optional", "nullish"]) });
const BOUNDS = v.object({
  pipe: v.array(v.looseObject({ type: v.string(), requirement: v.optional(v.unknown()) })),
});

function unwrapped(entry: unknown): { inner: unknown; usual: string } {
  const parts = partsOf(entry);
  if (!v.is(OPTIONAL, entry)) return { inner: entry, usual: "required" };
  const fallback: unknown = entry.default;
  const inner = unwrapped(parts?.wrapped).inner;
  const isShown = ["string", "number", "boolean"].includes(typeof fallback);
  return { inner, usual: isShown ? `\`${JSON.stringify(fallback)}\`` : "" };
}

function typeOf(schema: unknown): string {
  const parts = partsOf(schema);
  switch (parts?.type) {
    case "number":
      return integerOf(schema);
    case "boolean":
      return "boolean";
    case "picklist":
      return v.parse(PICKLIST, schema).options.map((option) => `"${option}"`).join(", ");
    case "literal":
      return `"${v.parse(LITERAL, schema).literal}"`;
    case "array":
      return `list of: ${typeOf(parts.item)}`;
    case "union":
      return (parts.options ?? []).map(typeOf).join(", or ");
    case "record":
    case "object":
      return "table of strings";
    default:
      return "string";
  }
}

function integerOf(schema: unknown): string {
  const bounds = v.safeParse(BOUNDS, schema);
  const requirements = (type: string) =>
    (bounds.success ? bounds.output.pipe : [])
      .flatMap(({ type: found, requirement, pipe }) =>
        found === type
          ? [requirement]
          : Array.isArray(pipe)
          ? pipe.filter((action) => action.type === type).map((action) => action.requirement)
          : []
      ).filter((requirement) => typeof requirement === "number");
  const least = Math.max(0, ...requirements("min_value"));
  const most = Math.min(Number.MAX_SAFE_INTEGER, ...requirements("max_value"));
  if (most < Number.MAX_SAFE_INTEGER) return `integer from ${least} to ${most}`;
  return `integer from ${least} on`;
}
