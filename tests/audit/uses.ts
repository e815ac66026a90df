// SPDX-License-Identifier: MIT

/** What programs have asked the runtime for, compared with what the manifest grants them. */

import {
  expand,
  granted,
  installedRoots,
  type Program,
  type Roots,
} from "../../packaging/manifest.ts";

/** The kinds of permissions that the manifest grants. */
export const KINDS = ["env", "read", "write", "net", "run", "sys", "ffi"] as const;

/** One use of a permission, or an attempt at one. */
export interface Use {
  /** Such as `read`. */
  readonly kind: string;
  /** Such as a path; empty for everything of the kind. */
  readonly value: string;
}

/**
 * Reads a file that `DENO_AUDIT_PERMISSIONS` named: a line of JSON a use. Lines that a killed
 * process has left unfinished count for nothing.
 */
export function readUses(text: string): Use[] {
  return text.split("\n").flatMap((line) => {
    if (!/^\{"v":1,.*\}$/.test(line)) return [];
    const { permission, value } = JSON.parse(line);
    return [{ kind: String(permission), value: value === null ? "" : String(value ?? "") }];
  });
}

/**
 * The entries of a program that a use needs, as they stand in the manifest; `true`: everything of
 * its kind is granted. None: the use is not granted.
 */
export function entriesFor({ kind, value }: Use, subject: Program, roots: Roots): true | string[] {
  const known = KINDS.find((each) => each === kind);
  if (known === undefined) return [];
  const entries = subject[known];
  if (entries === true) return true;
  const all = known === "env" ? [...entries, ...subject.devEnv] : entries;
  return all.filter((entry) => meets(known, value, expand(entry, roots)));
}

function meets(kind: typeof KINDS[number], value: string, entry: string): boolean {
  if (value === entry) return true;
  return (kind === "read" || kind === "write") && value.startsWith(`${entry}/`);
}

/** The entries that grant something on a device: none below another one of the same kind. */
export function countingEntries(subject: Program, kind: typeof KINDS[number]): string[] {
  const roots = installedRoots("x86_64-linux-gnu");
  const counting = granted(subject, kind, roots);
  const entries = subject[kind];
  if (entries === true || counting === true) return [];
  return entries.filter((entry) => counting.includes(expand(entry, roots)));
}
