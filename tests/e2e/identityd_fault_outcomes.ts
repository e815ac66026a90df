// SPDX-License-Identifier: MIT

/**
 * What becomes of each fault of identityd_fault_table.ts × in which of the hub's calls × who asked
 * for it, as data: what the caller gets, what is kept and what stands in the log.
 */

import type { FaultMatch } from "../cloud/faults.ts";
import type { Class, FaultRow } from "./identityd_fault_table.ts";

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
const LISTED: Partial<FaultRow> & { reason: string } = {
  reason: "modules of other names are listed, those of other devices left out",
  is: "harmless",
};
const NO_BODY: Partial<FaultRow> & { reason: string } = {
  reason: "the answer to a removal has no body",
  is: "harmless",
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
    but: { "another module": LISTED, "another device": LISTED },
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
    but: { "another module": NO_BODY, "another device": NO_BODY },
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
