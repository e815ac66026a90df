// SPDX-License-Identifier: MIT

import type { KnownKeys } from "./known_keys.ts";
import { isTable } from "./merge.ts";
import type { Table } from "./toml.ts";

/** A key that nothing reads. */
export interface UnknownKey {
  path: (string | number)[];
  /** The path of a table that has such a key (empty: the top level), when there is one. */
  belongsTo?: string[];
  /** Otherwise the known key of the same table that is spelled most alike, if one is alike. */
  nearest?: string;
}

/** The keys of `document` that are not known where they stand, in the order of the document. */
export function unknownKeys(document: Table, known: KnownKeys): UnknownKey[] {
  const found: UnknownKey[] = [];
  visit(document, known, [], (path, here) => found.push(suggest(path, here, known)));
  return found;
}

/** What to tell the user about such a key, without the place. */
export function unknownKeyMessage({ path, belongsTo, nearest }: UnknownKey): string {
  const names = path.filter((part) => typeof part === "string");
  const message = `unknown key \`${names.join(".")}\` is ignored`;
  if (belongsTo !== undefined) {
    const found = names.length > 1 ? `in [${names.slice(0, -1).join(".")}]` : "at the top level";
    const wanted = belongsTo.length > 0 ? `[${belongsTo.join(".")}]` : "the top level";
    const above = belongsTo.length > 0 ? "" : ", above the first table header";
    return `${message}: it stands ${found} and belongs to ${wanted}${above}`;
  }
  return nearest === undefined ? message : `${message}: did you mean \`${nearest}\`?`;
}

type Report = (path: (string | number)[], here: KnownKeys) => void;

function visit(value: unknown, known: KnownKeys, path: (string | number)[], report: Report): void {
  if ("**" in known) return;
  if (Array.isArray(value)) {
    value.forEach((item, index) => visit(item, known, [...path, index], report));
    return;
  }
  // A table where a plain value belongs is the schema's business, as is the reverse.
  if (!isTable(value) || Object.keys(known).length === 0) return;
  for (const [key, inner] of Object.entries(value)) {
    const next = known[key] ?? known["*"];
    if (next === undefined) report([...path, key], known);
    else visit(inner, next, [...path, key], report);
  }
}

function suggest(path: (string | number)[], here: KnownKeys, known: KnownKeys): UnknownKey {
  const key = String(path.at(-1));
  const belongsTo = tableWith(key, known, []);
  if (belongsTo !== undefined) return { path, belongsTo };
  const nearest = nearestName(key, Object.keys(here));
  return nearest === undefined ? { path } : { path, nearest };
}

/** The first table, from the top level down, that knows `key`. */
function tableWith(key: string, known: KnownKeys, path: string[]): string[] | undefined {
  if (Object.hasOwn(known, key) && !key.startsWith("*")) return path;
  for (const [name, inner] of Object.entries(known)) {
    const found = tableWith(key, inner, [...path, name === "*" ? "<name>" : name]);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The candidate that is fewest edits away from `name`, unless that is more than a third of it. */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(name.length / 3));
  let best: { candidate: string; edits: number } | undefined;
  for (const candidate of candidates) {
    if (candidate.startsWith("*")) continue;
    const edits = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (edits <= limit && (best === undefined || edits < best.edits)) best = { candidate, edits };
  }
  return best?.candidate;
}

/** Insertions, removals and replacements that turn one word into the other (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
