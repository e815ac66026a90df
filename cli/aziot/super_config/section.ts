// SPDX-License-Identifier: MIT

import {
  type KeyPath,
  type KeyPositions,
  keyPositions,
} from "../../../services/config/key_positions.ts";
import { isTable } from "../../../services/config/merge.ts";
import { refusal } from "../../../services/config/settings.ts";
import type { Table, Value } from "../../../services/config/toml.ts";

/** What is wrong with a super-config: place, key and reason; shows no value that may be a secret. */
export class SuperConfigError extends Error {
  override readonly name = "SuperConfigError";
}

/** A document while it is read: its text for the places, and the warnings so far. */
export class Source {
  readonly warnings: string[] = [];
  #positions: KeyPositions | undefined;

  constructor(readonly text: string) {}

  /** `line 3, column 1: ` of a key, or of the table around it. */
  place(path: KeyPath): string {
    this.#positions ??= keyPositions(this.text);
    const at = this.#positions.get(path);
    return at === undefined ? "" : `line ${at.line}, column ${at.column}: `;
  }
}

/** One table of a document, read key by key. Each `require...` throws {@link SuperConfigError}. */
export class Section {
  constructor(readonly table: Table, readonly path: KeyPath, readonly source: Source) {}

  has(key: string): boolean {
    return this.table[key] !== undefined;
  }

  text(key: string): string | undefined {
    return this.#typed(key, "a string", (value) => typeof value === "string" ? value : undefined);
  }

  requireText(key: string): string {
    return this.text(key) ?? this.missing(key);
  }

  flag(key: string): boolean | undefined {
    return this.#typed(
      key,
      "a boolean",
      (value) => typeof value === "boolean" ? value : undefined,
    );
  }

  /** An integer from 0 to `max`; `name` is what an error calls the type. */
  integer(key: string, name: "u32" | "u64" | "usize"): number | undefined {
    const max = name === "u32" ? 0xffff_ffff : Number.MAX_SAFE_INTEGER;
    return this.#typed(
      key,
      name,
      (value) =>
        typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= max
          ? value
          : undefined,
    );
  }

  section(key: string): Section | undefined {
    return this.#typed(
      key,
      "a table",
      (value) => isTable(value) ? new Section(value, [...this.path, key], this.source) : undefined,
    );
  }

  requireSection(key: string): Section {
    return this.section(key) ?? this.missing(key);
  }

  /** The items of an array of strings. */
  texts(key: string): string[] | undefined {
    return this.#typed(key, "an array of strings", (value) => {
      if (!Array.isArray(value)) return undefined;
      const texts = value.filter((item) => typeof item === "string");
      return texts.length === value.length ? texts : undefined;
    });
  }

  /** The entries of a table that the user names, each converted by `convert`. */
  entries<T>(key: string, convert: (section: Section, name: string) => T): Map<string, T> {
    const section = this.section(key);
    const names = Object.keys(section?.table ?? {});
    return new Map(section && names.map((name) => [name, convert(section, name)]));
  }

  /** `parse` applied to a text; what it throws gets the key's place. */
  parsed<T>(key: string, parse: (text: string) => T): T | undefined {
    const text = this.text(key);
    if (text === undefined) return undefined;
    try {
      return parse(text);
    } catch (error) {
      return this.fail(key, error instanceof Error ? error.message : String(error));
    }
  }

  requireParsed<T>(key: string, parse: (text: string) => T): T {
    return this.parsed(key, parse) ?? this.missing(key);
  }

  /** One of a few words. */
  requireChoice<T extends string>(key: string, choices: readonly T[]): T {
    const text = this.requireText(key);
    const choice = choices.find((choice) => choice === text);
    if (choice !== undefined) return choice;
    const list = choices.map((name) => `\`${name}\``).join(", ");
    return this.fail(key, `unknown variant \`${shown(text)}\`, expected one of ${list}`);
  }

  missing(key: string, remedy = ""): never {
    const place = this.source.place(this.path);
    const table = this.path.length > 0 ? ` in \`${nameOf(this.path)}\`` : "";
    throw new SuperConfigError(`${place}missing field \`${key}\`${table}${remedy}`);
  }

  fail(key: string, reason: string): never {
    const path = [...this.path, key];
    throw new SuperConfigError(`${this.source.place(path)}\`${nameOf(path)}\`: ${reason}`);
  }

  warn(key: string, reason: string): void {
    const path = [...this.path, key];
    this.source.warnings.push(`${this.source.place(path)}\`${nameOf(path)}\`: ${reason}`);
  }

  #typed<T>(
    key: string,
    expected: string,
    convert: (value: Value) => T | undefined,
  ): T | undefined {
    const value = this.table[key];
    if (value === undefined) return undefined;
    return convert(value) ?? this.fail(key, refusal(value, expected));
  }
}

function nameOf(path: KeyPath): string {
  return path.filter((part) => typeof part === "string").join(".");
}

/** A word the user chose, cut short: whatever was pasted there by mistake is not repeated. */
function shown(text: string): string {
  return text.length > 30 ? `${text.slice(0, 12)}...` : text;
}
