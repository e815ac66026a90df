// SPDX-License-Identifier: MIT

/**
 * JSON of a caller, without the two things `JSON.parse` lets through: of duplicate members it
 * keeps the last, so that two readers of one text may see different values, and it builds strings
 * with lone surrogates, which no UTF-8 can hold.
 */

/** As deep as arrays and objects may nest; the number of the existing product. */
const DEPTH = 128;

/**
 * So many values and member names may a text have. Three bytes of text make an object of 56 bytes:
 * the largest body would fill the whole heap of a service, which ends the process.
 */
const VALUES = 250_000;

/**
 * The value of `text`. Throws `SyntaxError` with a text for the caller when it is not JSON, nests
 * deeper than 128, has more than 250 000 values, has an object with two members of one name, or a
 * lone surrogate in an escape.
 */
export function parseJson(text: string): unknown {
  const names = countNames(text);
  const value: unknown = JSON.parse(text);
  if (typeof value === "object" && value !== null) {
    // Of two members with one name only one has arrived: the text has more names than the value.
    if (names !== countMembers(value)) {
      throw new SyntaxError("an object has two members with the same name");
    }
  }
  // Decoded UTF-8 has no lone surrogate of its own; only an escape can make one.
  if (text.includes("\\u") && !isWellFormed(value)) {
    throw new SyntaxError("a string has a lone surrogate");
  }
  return value;
}

const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const QUOTE = 0x22;
const OPENING = [0x5b, 0x7b]; // "[" and "{"
const CLOSING = [0x5d, 0x7d];

/**
 * How many member names stand in a text, if it is JSON. Throws when parsing it would take too much
 * memory, so before anything of it is built.
 */
function countNames(text: string): number {
  let names = 0;
  let values = 0;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
      // The parser will say so.
      if (at < 0) return names;
      continue;
    }
    if (code === COLON) {
      names++;
      values++;
    } else if (code === COMMA) {
      values++;
    } else if (OPENING.includes(code)) {
      values++;
      if (++depth > DEPTH) throw new SyntaxError(`nested deeper than ${DEPTH}`);
    } else if (CLOSING.includes(code)) {
      depth--;
    } else {
      continue;
    }
    if (values > VALUES) throw new SyntaxError(`more than ${VALUES} values`);
  }
  return names;
}

/** The closing quote of the string that opens at `open`; -1 when it has none. */
function endOfString(text: string, open: number): number {
  let end = text.indexOf('"', open + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

/** Whether the quote at `at` follows an odd number of backslashes. */
function isEscaped(text: string, at: number): boolean {
  let before = at;
  while (text.charCodeAt(before - 1) === BACKSLASH) before--;
  return (at - before) % 2 === 1;
}

/** How many members all objects of a parsed value have together. */
function countMembers(value: object): number {
  let count = 0;
  if (Array.isArray(value)) {
    for (const child of value) {
      if (typeof child === "object" && child !== null) count += countMembers(child);
    }
    return count;
  }
  for (const child of Object.values(value)) {
    count++;
    if (typeof child === "object" && child !== null) count += countMembers(child);
  }
  return count;
}

/** Whether no string in a parsed value, names included, has a lone surrogate. */
function isWellFormed(value: unknown): boolean {
  const pending: unknown[] = [value];
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next === "string") {
      if (!next.isWellFormed()) return false;
    } else if (Array.isArray(next)) {
      for (const child of next) pending.push(child);
    } else if (typeof next === "object" && next !== null) {
      for (const [name, child] of Object.entries(next)) pending.push(name, child);
    }
  }
  return true;
}
