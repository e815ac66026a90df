// SPDX-License-Identifier: MIT

import * as v from "valibot";
import { parseJson } from "./parse_json.ts";
import type { Action } from "./routes.ts";
import { decodeUtf8 } from "./utf8.ts";

/** A body's value, or what is wrong with it: the message of a 422. */
export interface CheckedBody {
  readonly value?: unknown;
  readonly problem?: string;
}

const UNUSED: CheckedBody = {};

/**
 * Parses a body and checks it with the schema of `action`. Without an action, or with one that
 * has no body, it only has to be JSON.
 */
export function checkBody(bytes: Uint8Array, action: Action | undefined): CheckedBody {
  let value: unknown;
  try {
    value = parseJson(decodeUtf8(bytes));
  } catch (error) {
    return { problem: error instanceof SyntaxError ? error.message : "the body is not UTF-8" };
  }
  if (action === undefined || action.body === "none") return UNUSED;
  if (action.schema === undefined) return { value };
  // To the schema a list is an object like any other.
  if (Array.isArray(value)) return { problem: "invalid body: expected an object" };
  const result = v.safeParse(action.schema, value, FIRST_ISSUE);
  return result.success ? { value: result.output } : { problem: problemOf(result.issues[0]) };
}

const FIRST_ISSUE = { abortEarly: true };

/** What is wrong. A schema's own message, else without the value: it may be a key. */
function problemOf(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  const where = path === null ? "invalid body" : `invalid value of "${path}"`;
  if (issue.input === undefined && path !== null) return `"${path}" is missing`;
  if (OWN_MESSAGE.includes(issue.type)) return `${where}: ${issue.message}`;
  return issue.expected === null ? where : `${where}: expected ${issue.expected}`;
}

/** Checks that are functions of the schema's author, who writes the message. */
const OWN_MESSAGE = ["check", "raw_check", "raw_transform"];
