// SPDX-License-Identifier: MIT

/**
 * JSON of a caller, without the two things `JSON.parse` lets through: of duplicate members it
 * keeps the last, so that two readers of one text may see different values, and it builds strings
 * with lone surrogates, which no UTF-8 can hold.
 */

/** As deep as arrays and objects may nest; the number of the existing product. */
const DEPTH = 128;

/**
 * The value of `text`. Throws `SyntaxError` with a text for the caller when it is not JSON, nests
 * deeper than 128, has an object with two members of one name, or a lone surrogate in an escape.
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (typeof value === "object" && value !== null) {
    // Of two members with one name only one has arrived: the text has more names than the value.
    if (countNames(text) !== countMembers(value, 1)) {
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
const SPACE = 0x20;

/** How many member names stand in a text that is known to be JSON. */
function countNames(text: string): number {
  let count = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at)) {
    at = endOfString(text, at) + 1;
    while (text.charCodeAt(at) <= SPACE) at++;
    if (text.charCodeAt(at) === COLON) count++;
  }
  return count;
}

/** The closing quote of the string that opens at `open`. */
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

/** How many members all objects of a parsed value have together; `depth` counts its containers. */
function countMembers(value: object, depth: number): number {
  if (depth > DEPTH) throw new SyntaxError(`nested deeper than ${DEPTH}`);
  let count = 0;
  if (Array.isArray(value)) {
    for (const child of value) {
      if (typeof child === "object" && child !== null) count += countMembers(child, depth + 1);
    }
    return count;
  }
  for (const child of Object.values(value)) {
    count++;
    if (typeof child === "object" && child !== null) count += countMembers(child, depth + 1);
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
