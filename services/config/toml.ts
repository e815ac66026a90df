// SPDX-License-Identifier: MIT

import { parse, type TomlDate, TomlError } from "smol-toml";
import { keyPositions, type Position } from "./key_positions.ts";

/** A value of a TOML document as {@link parseToml} gives it. */
export type Value = string | number | boolean | Float | TomlDate | Value[] | Table;

/** A table of a TOML document; it has no prototype. */
export interface Table {
  [key: string]: Value;
}

/**
 * A float without a fraction, such as `2.0`. TOML tells it from the integer `2` and so do the
 * settings: a count of `2.0` is a mistake. Other floats are plain numbers, which no integer
 * setting accepts either.
 */
export class Float {
  constructor(readonly value: number) {}
}

/** What is wrong with the text of a TOML document, and where. Never shows the text itself. */
export class TomlProblem extends Error {
  constructor(reason: string, readonly at: Position | undefined, options?: ErrorOptions) {
    super(at ? `line ${at.line}, column ${at.column}: ${reason}` : reason, options);
    this.name = "TomlProblem";
  }
}

/**
 * Reads a TOML document (1.0, and what 1.1 adds). Integers are exact: one that a number cannot
 * hold is refused. Throws {@link TomlProblem}.
 */
export function parseToml(text: string): Table {
  let document: unknown;
  try {
    document = parse(text, { integersAsBigInt: true });
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    // The parser's message goes on with the offending lines, and those may hold a key.
    const [reason = ""] = cause.message.split("\n");
    throw new TomlProblem(reason.replace(/^Invalid TOML document: /, ""), {
      line: cause.line,
      column: cause.column,
    });
  }
  return tableOf(document, [], text);
}

/** Decodes a file's bytes. Throws {@link TomlProblem} with the line that is not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new TomlProblem("not UTF-8", { line: firstBadLine(bytes), column: 1 });
  }
}

function firstBadLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let line = 1;
  for (let from = 0; from < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, from);
    const to = end < 0 ? bytes.length : end + 1;
    try {
      decoder.decode(bytes.subarray(from, to));
    } catch {
      return line;
    }
    from = to;
  }
  return line;
}

type Path = readonly (string | number)[];

function tableOf(table: unknown, path: Path, text: string): Table {
  const converted: Table = Object.create(null);
  for (const [key, value] of Object.entries(table ?? {})) {
    converted[key] = valueOf(value, [...path, key], text);
  }
  return converted;
}

function valueOf(value: unknown, path: Path, text: string): Value {
  switch (typeof value) {
    case "bigint": {
      const number = Number(value);
      if (Number.isSafeInteger(number)) return number;
      const at = keyPositions(text).get(path);
      throw new TomlProblem(`the integer of \`${path.join(".")}\` is too large`, at);
    }
    case "number":
      return Number.isInteger(value) ? new Float(value) : value;
    case "string":
    case "boolean":
      return value;
  }
  if (Array.isArray(value)) {
    return value.map((item, index) => valueOf(item, [...path, index], text));
  }
  if (value instanceof Date) return value as TomlDate;
  return tableOf(value, path, text);
}
