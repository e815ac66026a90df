// SPDX-License-Identifier: MIT

/** A place in a text file, both counted from 1. */
export interface Position {
  line: number;
  column: number;
}

/** A way into a document: the keys of tables and the indices of arrays. */
export type KeyPath = readonly (string | number)[];

/** Where the keys of a document stand. */
export interface KeyPositions {
  /** The place where `path` is given first, or where the nearest table around it is. */
  get(path: KeyPath): Position | undefined;
}

/**
 * Finds where each key of a TOML document stands, which the parser does not tell. The text must
 * be valid TOML: nothing is checked here.
 */
export function keyPositions(text: string): KeyPositions {
  const offsets = new KeyScanner(text).scan();
  const get = (path: KeyPath): Position | undefined => {
    for (let length = path.length; length > 0; length--) {
      const offset = offsets.get(JSON.stringify(path.slice(0, length)));
      if (offset !== undefined) return positionAt(text, offset);
    }
    return undefined;
  };
  return { get };
}

function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  return {
    line: before.split("\n").length,
    column: offset - (before.lastIndexOf("\n") + 1) + 1,
  };
}

const BARE_KEY = /[^\s.=\]"'#]+/y;
const SPACE = /(?:[ \t\r\n]|#[^\n]*)*/y;
const SCALAR = /[^,\]}\n#]*/y;

class KeyScanner {
  #at = 0;
  readonly #offsets = new Map<string, number>();
  /** How many tables each array of tables has so far. */
  readonly #arrays = new Map<string, number>();

  constructor(readonly text: string) {}

  scan(): Map<string, number> {
    let table: KeyPath = [];
    for (this.#skip(SPACE); this.#at < this.text.length; this.#skip(SPACE)) {
      if (this.text[this.#at] === "[") table = this.#header();
      else this.#entry(table);
    }
    return this.#offsets;
  }

  /** `[a.b]` or `[[a.b]]`; answers the path of the table that it opens. */
  #header(): KeyPath {
    const start = this.#at;
    const isArray = this.text.startsWith("[[", start);
    this.#at += isArray ? 2 : 1;
    const keys = this.#dottedKey();
    this.#at += isArray ? 2 : 1;

    const path: (string | number)[] = [];
    keys.forEach((key, depth) => {
      path.push(key);
      this.#note(path, start);
      const name = JSON.stringify(path);
      const isLast = depth === keys.length - 1;
      if (isArray && isLast) this.#arrays.set(name, (this.#arrays.get(name) ?? 0) + 1);
      const count = this.#arrays.get(name);
      if (count !== undefined) path.push(count - 1);
    });
    this.#note(path, start);
    return path;
  }

  /** `a.b = value` below `table`. */
  #entry(table: KeyPath): void {
    const start = this.#at;
    const path = [...table];
    for (const key of this.#dottedKey()) {
      path.push(key);
      this.#note(path, start);
    }
    this.#at += 1;
    this.#skip(SPACE);
    this.#value(path);
  }

  #value(path: KeyPath): void {
    const next = this.text[this.#at];
    if (next === '"' || next === "'") this.#string();
    else if (next === "{") this.#sequence("}", () => this.#entry(path));
    else if (next === "[") {
      let index = 0;
      this.#sequence("]", () => {
        const item = [...path, index++];
        this.#note(item, this.#at);
        this.#value(item);
      });
    } else this.#skip(SCALAR);
  }

  /** What stands between brackets or braces, separated by commas. */
  #sequence(close: string, item: () => void): void {
    this.#at += 1;
    for (this.#skip(SPACE); this.#at < this.text.length; this.#skip(SPACE)) {
      const next = this.text[this.#at];
      if (next === close) break;
      if (next === ",") this.#at += 1;
      else item();
    }
    this.#at += 1;
  }

  #dottedKey(): string[] {
    const keys: string[] = [];
    for (;;) {
      this.#skip(SPACE);
      const next = this.text[this.#at];
      keys.push(next === '"' || next === "'" ? this.#string() : this.#skip(BARE_KEY));
      this.#skip(SPACE);
      if (this.text[this.#at] !== ".") return keys;
      this.#at += 1;
    }
  }

  /** Steps over a string of any of the four kinds; answers it unescaped as far as keys need. */
  #string(): string {
    const quote = this.text[this.#at] ?? "";
    const isLong = this.text.startsWith(quote.repeat(3), this.#at);
    const delimiter = isLong ? quote.repeat(3) : quote;
    const from = this.#at + delimiter.length;
    let end = from;
    while (end < this.text.length && !this.text.startsWith(delimiter, end)) {
      end += quote === '"' && this.text[end] === "\\" ? 2 : 1;
    }
    // A long string may end in up to two quotes of its own.
    while (isLong && this.text[end + 3] === quote) end += 1;
    this.#at = end + delimiter.length;
    return quote === '"' ? unescape(this.text.slice(from, end)) : this.text.slice(from, end);
  }

  #note(path: KeyPath, offset: number): void {
    const name = JSON.stringify(path);
    if (!this.#offsets.has(name)) this.#offsets.set(name, offset);
  }

  #skip(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [matched = ""] = pattern.exec(this.text) ?? [];
    this.#at += matched.length;
    return matched;
  }
}

const ESCAPES: Record<string, string> = { b: "\b", t: "\t", n: "\n", f: "\f", r: "\r", e: "\x1b" };

function unescape(text: string): string {
  return text.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/gs,
    (_, byte, short, long, single) => {
      const code = byte ?? short ?? long;
      return code === undefined
        ? ESCAPES[single] ?? single
        : String.fromCodePoint(parseInt(code, 16));
    },
  );
}
