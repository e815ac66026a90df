// SPDX-License-Identifier: MIT

/**
 * What the hub can do wrong × in which of its calls × who asked for it, as data: what the caller
 * gets, what is kept, what stands in the log, how often the hub is asked and what happens later.
 */

import type { Fault, FaultMatch } from "../cloud/faults.ts";

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

/** What becomes of the module that a call is about; `undefined`: there is none any more. */
type Kept = "kept" | "dropped";

/** A call of the API that needs the hub. */
export interface CallRow {
  request: string;
  body?: unknown;
  /** Which requests at the hub the fault hits. */
  match: FaultMatch;
  skip?: number;
  /** The module whose backup is looked at. */
  about: string;
  /** Status for the caller and what is kept in the backup, by what the fault means. */
  outcomes: Record<Class, [status: number, backup: Kept]>;
  /** The caller is told so of a status, whatever the hub's words are. */
  told?: RegExp;
  /** Faults that mean something else here, with the reason. */
  but?: Record<string, Partial<FaultRow> & { reason: string }>;
}

const reads = (missing: Kept, good = 200): CallRow["outcomes"] => ({
  away: [200, "kept"],
  refused: [404, "kept"],
  missing: [404, missing],
  nonsense: [404, "kept"],
  harmless: [good, "kept"],
});
const changes = (missing: Kept, bad: Kept, good: Kept, status = 200): CallRow["outcomes"] => ({
  away: [404, bad],
  refused: [404, bad],
  missing: [404, missing],
  nonsense: [404, bad],
  harmless: [status, good],
});
const MAKE = { request: "POST /identities/modules", body: { type: "aziot", moduleId: "fresh" } };
const TWICE = {
  reason: "both requests for a new module have an answer",
  asked: 2,
};
const KEPT_CONNECTION = {
  "cut before the answer": {
    reason: "the first attempt is on the connection of the request before it, replaced at once",
    asked: 3,
  },
};

/** The calls of the API by what the hub is asked in them. */
export const CALLS: Record<string, CallRow> = {
  "list by a caller": {
    request: "GET /identities/modules?type=aziot",
    match: { method: "GET", path: "/modules$" },
    about: "old",
    outcomes: reads("kept"),
  },
  "get by a caller": {
    request: "GET /identities/modules/old?type=aziot",
    match: { method: "GET", path: "/modules/old$" },
    about: "old",
    outcomes: reads("dropped"),
  },
  "create, making the module": {
    ...MAKE,
    match: { method: "PUT" },
    about: "fresh",
    outcomes: changes("dropped", "dropped", "kept"),
    but: { "further members and nulls": TWICE, "a slow answer": TWICE },
  },
  "create, giving it keys": {
    ...MAKE,
    match: { method: "PUT" },
    skip: 1,
    about: "fresh",
    outcomes: changes("dropped", "dropped", "kept"),
    but: {
      ...KEPT_CONNECTION,
      "status 404": {
        reason: "a module made just now may take a moment to be known",
        asked: 4,
      },
    },
  },
  "update, reading the module": {
    request: "PUT /identities/modules/old?type=aziot",
    body: {},
    match: { method: "GET" },
    about: "old",
    outcomes: changes("dropped", "kept", "kept"),
  },
  "update, giving it keys": {
    request: "PUT /identities/modules/old?type=aziot",
    body: {},
    match: { method: "PUT" },
    about: "old",
    outcomes: changes("dropped", "kept", "kept"),
    but: KEPT_CONNECTION,
  },
  "delete": {
    request: "DELETE /identities/modules/old?type=aziot",
    match: { method: "DELETE" },
    about: "old",
    outcomes: changes("dropped", "kept", "dropped", 204),
    told: /unexpected HTTP status code: \d{3} [A-Z]/,
  },
};

/** What the service does with a device while the fault lasts, whoever asked for it. */
export interface Outcome {
  /** Whether the device's identity is handed out. */
  served: boolean;
  /** Line of the log. */
  log: RegExp;
}

/** Something that makes the service compare its principals with the hub. */
export interface TriggerRow {
  /** What happens, by what the fault means to it. */
  outcomes: Record<"away" | "refused", Outcome>;
  /** A caller waits and gets this status, with the hub's words. */
  status?: number;
}

const NOTHING_KNOWN = {
  served: false,
  log: /ERR!.*The device is refused: .*\. Next attempt in \d+ seconds\./,
};
const OFFLINE = {
  served: true,
  log: /WARN.*Network not available for Identity reconciliation\. Using offline backup/,
};

/** The triggers by name. After each, the service comes back to what is left undone by itself. */
export const TRIGGERS: Record<"start" | "reload" | "reprovision", TriggerRow> = {
  start: { outcomes: { away: OFFLINE, refused: NOTHING_KNOWN } },
  reload: {
    outcomes: {
      away: OFFLINE,
      refused: { served: true, log: /WARN.*Failed to reprovision device\. Running offline/ },
    },
  },
  reprovision: {
    outcomes: {
      away: { served: true, log: /!!! Hub client error/ },
      refused: { served: true, log: /!!! Hub client error/ },
    },
    status: 404,
  },
};

/** A call of a reconciliation, with what has to be changed for it to happen. */
export interface StepRow {
  match: FaultMatch;
  skip?: number;
  /** Modules that the configuration has before and after; a reprovisioning makes all anew. */
  before: string[];
  after: string[];
  /** Names of the faults; absent: all. One of each meaning stands for the others. */
  faults?: string[];
  /** Faults that do no harm here, with the reason. */
  harmless?: Record<string, string>;
}

const ONE_OF_EACH = ["off the network", "status 403", "status 404", "no JSON"];

/** What a reconciliation asks of the hub. */
export const STEPS: Record<string, StepRow> = {
  list: {
    match: { method: "GET", path: "/modules$" },
    before: ["a", "b"],
    after: ["a", "b"],
  },
  "make a module": {
    match: { method: "PUT" },
    before: ["a"],
    after: ["a", "b"],
    faults: ONE_OF_EACH,
  },
  "give a module keys": {
    match: { method: "PUT" },
    skip: 1,
    before: ["a"],
    after: ["a", "b"],
    faults: ONE_OF_EACH,
  },
  "remove a module": {
    match: { method: "DELETE" },
    before: ["a", "b"],
    after: ["a"],
    faults: ONE_OF_EACH,
    harmless: { "status 404": "somebody else was faster" },
  },
};
