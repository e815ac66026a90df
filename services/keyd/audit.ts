// SPDX-License-Identifier: MIT

/**
 * The audit trail: one info line for each operation on a key says who did what to which key and how
 * it ended. Key ids are no secret; handles are, and never appear.
 */

import { ServiceError } from "../http/errors.ts";
import type { Peer } from "../http/peer.ts";
import type { Log } from "../log/log.ts";
import { type KeyRef, storedKey } from "./key_ref.ts";

/** How an operation ended, for its caller. */
export type Outcome = "ok" | "refused" | "invalid" | "failed";

/** An operation that is going on; its key is named as soon as it is known. */
export class AuditRecord {
  #ids: readonly string[] = [];
  #isDerived = false;

  constructor(readonly peer: Peer, readonly operation: string) {}

  /** The operation is about keys with these ids. */
  ids(...ids: string[]): void {
    this.#ids = ids;
  }

  /** The operation is about the key of a handle. */
  ref(ref: KeyRef): void {
    this.#ids = [storedKey(ref).id];
    this.#isDerived = ref.kind === "derived";
  }

  /** Writes the line. */
  end(log: Log, outcome: Outcome): void {
    if (!log.enabled("info")) return;
    const { pid, uid } = this.peer;
    const keys = this.#ids.length > 0 ? this.#ids.map(shown).join(" to ") : "unknown key";
    const kind = this.#isDerived ? " (derived)" : "";
    log.info(`audit: uid ${uid} pid ${pid} ${this.operation} ${keys}${kind}: ${outcome}`);
  }
}

/** The outcome that an error means: not allowed, the caller's mistake, or a failure of ours. */
export function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof ServiceError) || error.status >= 500) return "failed";
  return error.status === 401 ? "refused" : "invalid";
}

/** Ids come from callers: quoted so that none can write a line of its own, and cut to a line. */
function shown(id: string): string {
  return JSON.stringify(id.length > 256 ? `${id.slice(0, 256)}…` : id);
}
