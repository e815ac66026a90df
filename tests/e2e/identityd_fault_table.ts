// SPDX-License-Identifier: MIT

/** What the hub can do wrong, as data; what becomes of it is in identityd_fault_outcomes.ts. */

import type { Fault } from "../cloud/faults.ts";

/** What a fault means to this service. */
export type Class =
  /** The hub cannot be asked: what was known before is used. */
  | "away"
  /** The hub has refused, and means it. */
  | "refused"
  /** The hub does not know what it was asked for. */
  | "missing"
  /** The answer makes no sense. */
  | "nonsense"
  /** The answer is as good as any. */
  | "harmless";

/** A fault, and what this service does about it whoever asked. */
export interface FaultRow {
  /** Absent: the hub is off the network. */
  fault?: Fault;
  is: Class;
  /** How often the hub is asked; 0: it never hears of it. */
  asked: number;
  /** The caller is told so, where it is told. */
  told: RegExp;
  /** Lines of the log, each as often as it stands here. */
  log?: [pattern: RegExp, times: number][];
}

/** Whether a time limit has to pass before the service knows. */
export function isSilent({ fault }: FaultRow): boolean {
  return fault?.kind === "drop" && fault.when === "never";
}

/**
 * The factor on time limits where a fault is silent. Otherwise they stay as they are: a busy machine
 * needs its time.
 */
export const SILENT_LIMIT_SCALE = 0.05;

const LOST: FaultRow["log"] = [[/Failed to send HTTP request \(attempt [12] of 2\): /, 2]];
const lost = (fault: Fault, told: RegExp, asked = 2): FaultRow => ({
  fault,
  is: "away",
  asked,
  told,
  log: LOST,
});
const away = (status: number, seconds = 3, headers = {}): FaultRow => ({
  fault: { kind: "status", status, headers },
  is: "away",
  asked: 2,
  told: /an ordered fault/,
  log: [[
    new RegExp(`answered ${status} \\(attempt 1 of 2\\)\\. Sleeping for ${seconds} seconds`),
    1,
  ]],
});
const refused = (status: number): FaultRow => ({
  fault: { kind: "status", status },
  is: "refused",
  asked: 1,
  told: /an ordered fault/,
});
const nonsense = (fault: Fault, told: RegExp): FaultRow => ({
  fault,
  is: "nonsense",
  asked: 1,
  told,
});
const TEXT = { contentType: "text/html", body: "<html>busy</html>" };

/** The faults by name. */
export const FAULTS: Record<string, FaultRow> = {
  "off the network": { is: "away", asked: 0, told: /could not connect to /, log: LOST },
  "cut before the answer": lost({ kind: "drop", when: "before-answer" }, /cut the connection/),
  "cut in the middle of the body": lost({ kind: "drop", when: "half-body" }, /cut the connection/),
  "never answered": lost({ kind: "drop", when: "never" }, /timed out/),
  "status 500": { ...refused(500), is: "away" },
  "status 500 without a body": {
    fault: { kind: "status", status: 500, body: null },
    is: "away",
    asked: 1,
    told: /HTTP error 500 Internal Server Error/,
  },
  "status 500 of somebody else": {
    fault: { kind: "status", status: 500, ...TEXT },
    is: "away",
    asked: 1,
    told: /invalid Content-Type/,
  },
  "status 502": away(502),
  "status 503": away(503),
  "status 503 for seven seconds": away(503, 7, { "retry-after": "7" }),
  "status 504": away(504),
  "a parent's word that the network is down": {
    fault: { kind: "status", status: 400, body: { errorMessage: "no route", networkError: true } },
    is: "away",
    asked: 1,
    told: /no route/,
  },
  "status 429 with a pause": {
    fault: { kind: "throttle", retryAfter: 2 },
    is: "away",
    asked: 5,
    told: /429: Too many requests/,
    log: [[/throttled \(attempt [1-4] of 5\)\. Sleeping for 2 seconds/, 4], [
      /Final HTTP .*5 of 5/,
      1,
    ]],
  },
  "status 429 until a date": {
    fault: { kind: "throttle", retryAfter: 2, asDate: true },
    is: "away",
    asked: 5,
    told: /429: Too many requests/,
    log: [[/throttled \(attempt [1-4] of 5\)\. Sleeping for [0-9.]+ seconds/, 4]],
  },
  "status 400": refused(400),
  "status 401": refused(401),
  "status 403": refused(403),
  "status 404": { ...refused(404), is: "missing" },
  "status 409": refused(409),
  "status 412": refused(412),
  "status 413": refused(413),
  "status 401 of a parent": {
    fault: { kind: "status", status: 401, body: null },
    is: "refused",
    asked: 1,
    told: /HTTP error 401 Unauthorized/,
  },
  "a redirection": nonsense(
    { kind: "status", status: 302, headers: { location: "https://elsewhere.example/" } },
    /got 302 Found/,
  ),
  "a page of a captive portal": nonsense(
    { kind: "status", status: 200, ...TEXT },
    /invalid Content-Type/,
  ),
  "no JSON": nonsense(
    { kind: "status", status: 200, body: "{" },
    /the answer is not JSON/,
  ),
  "another module": nonsense(
    { kind: "rewrite", set: { moduleId: "stranger" } },
    /the answer is about another module/,
  ),
  "another device": nonsense(
    { kind: "rewrite", set: { deviceId: "stranger" } },
    /the answer is about another device/,
  ),
  "further members and nulls": {
    fault: { kind: "rewrite", set: { trustBundle: { a: [null] }, managedBy: null } },
    is: "harmless",
    asked: 1,
    told: /^$/,
  },
  "a slow answer": {
    fault: { kind: "delay", seconds: 0.2, where: "body" },
    is: "harmless",
    asked: 1,
    told: /^$/,
  },
};
