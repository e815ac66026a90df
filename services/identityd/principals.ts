// SPDX-License-Identifier: MIT

/**
 * Who may ask for what. A caller is known by the uid of its process and by nothing else; the
 * `[[principal]]` tables say what a uid is.
 */

import type { LocalAttributes, Principal } from "./config.ts";

/** What a uid is to this service. */
export type Caller =
  /** A principal without `idtype`, or root where no principal says otherwise. */
  | { kind: "administrator" }
  /** A principal whose `idtype` lists what it may have; an empty list is possible. */
  | { kind: "host"; name: string; idtypes: ReadonlySet<IdType> }
  | { kind: "unknown" };

/** A kind of identity that a host process may ask for. */
export type IdType = "device" | "module" | "local";

/** What a caller wants to do, as far as its rights depend on it. */
export type Operation =
  | { name: "device identity" }
  /** Of its own name a host process may read one; which kind it asks for is looked at later. */
  | { name: "one module"; id: string; type?: "aziot" | "local" }
  /** Listing, creating, updating and deleting modules, and reprovisioning. */
  | { name: "administer" };

const ADMINISTRATOR: Caller = { kind: "administrator" };
const UNKNOWN: Caller = { kind: "unknown" };

/** The `[[principal]]` tables of one configuration, ready to be asked. */
export class Principals {
  readonly #callers = new Map<number, Caller>();
  /** Modules that the hub is to have because a principal is one. */
  readonly modules: ReadonlySet<string>;
  /** Local identities by name with the kind of certificate they get. */
  readonly locals: ReadonlyMap<string, LocalAttributes>;
  /** Principals that count for nothing: without `idtype`, and not the first one so. */
  readonly ignored: readonly string[];

  constructor(principals: readonly Principal[]) {
    const modules = new Set<string>();
    const locals = new Map<string, LocalAttributes>();
    const ignored: string[] = [];
    let hasAdministrator = false;
    for (const { uid, name, idtype, localid } of principals) {
      if (idtype === undefined) {
        if (hasAdministrator) ignored.push(name);
        else this.#callers.set(uid, ADMINISTRATOR);
        hasAdministrator = true;
        continue;
      }
      // Of several principals with one uid the last one counts.
      this.#callers.set(uid, { kind: "host", name, idtypes: new Set(idtype) });
      if (idtype.includes("module")) modules.add(name);
      if (idtype.includes("local")) locals.set(name, localid?.attributes ?? "client");
    }
    this.modules = modules;
    this.locals = locals;
    this.ignored = ignored;
  }

  /** What `uid` is. Root is an administrator unless a principal makes it something else. */
  caller(uid: number): Caller {
    return this.#callers.get(uid) ?? (uid === 0 ? ADMINISTRATOR : UNKNOWN);
  }
}

/** Whether `caller` may do `operation`. */
export function may(caller: Caller, operation: Operation): boolean {
  if (caller.kind === "administrator") return true;
  if (caller.kind === "unknown") return false;
  switch (operation.name) {
    case "device identity":
      return caller.idtypes.has("device");
    case "one module":
      return caller.name === operation.id && mayHave(caller.idtypes, operation.type);
    case "administer":
      return false;
  }
}

function mayHave(idtypes: ReadonlySet<IdType>, type: "aziot" | "local" | undefined): boolean {
  const hub = idtypes.has("module");
  const local = idtypes.has("local");
  switch (type) {
    case "aziot":
      return hub;
    case "local":
      return local;
    case undefined:
      return hub || local;
  }
}
