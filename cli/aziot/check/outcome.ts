// SPDX-License-Identifier: MIT

import { withoutCall } from "../errors.ts";

/** What a value of the JSON output may be. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** What a check found. */
export type Outcome =
  | { kind: "ok" }
  /** Does not apply here, or was not to be run. */
  | { kind: "ignored" }
  /** Something it needs failed before. */
  | { kind: "skipped" }
  /**
   * `fatal` ends the whole run. `details`: the message, whose last line says what to do, then its
   * causes.
   */
  | { kind: "warning" | "error" | "fatal"; details: string[] };

/** An outcome with what the JSON output tells besides. */
export interface Finding {
  outcome: Outcome;
  info?: { [key: string]: Json };
}

export const OK: Finding = { outcome: { kind: "ok" } };
export const IGNORED: Finding = { outcome: { kind: "ignored" } };
export const SKIPPED: Finding = { outcome: { kind: "skipped" } };

/** Something that may matter. `remedy` is a sentence. */
export function warning(message: string, remedy: string, cause?: unknown): Finding {
  return { outcome: { kind: "warning", details: detailsOf(message, remedy, cause) } };
}

/** Something that is wrong. `remedy` is a sentence. */
export function failure(message: string, remedy: string, cause?: unknown): Finding {
  return { outcome: { kind: "error", details: detailsOf(message, remedy, cause) } };
}

/** Something without which nothing else can be checked. `remedy` is a sentence. */
export function fatal(message: string, remedy: string, cause?: unknown): Finding {
  return { outcome: { kind: "fatal", details: detailsOf(message, remedy, cause) } };
}

function detailsOf(message: string, remedy: string, cause: unknown): string[] {
  return [remedy === "" ? message : `${message}\n${remedy}`, ...causesOf(cause)];
}

function causesOf(cause: unknown): string[] {
  const causes: string[] = [];
  for (let next = cause; next instanceof Error; next = next.cause) {
    const text = withoutCall(next.message);
    // Wrappers that repeat what they wrap say nothing.
    if (text !== causes.at(-1)) causes.push(text);
  }
  return causes;
}

/** One thing that a check found among several. */
export interface Remark {
  kind: "warning" | "error";
  line: string;
  cause?: unknown;
}

/** All remarks as one finding; the worst says what kind it is, and there are none: all is well. */
export function together(remarks: readonly Remark[], remedy: string): Finding {
  if (remarks.length === 0) return OK;
  const [first] = remarks;
  const message = remarks.map(({ line, cause }) =>
    // The causes of a single remark stand by themselves.
    remarks.length === 1 ? line : [line, ...causesOf(cause)].join(": ")
  ).join("\n");
  const make = remarks.some(({ kind }) => kind === "error") ? failure : warning;
  return make(message, remedy, remarks.length === 1 ? first?.cause : undefined);
}
