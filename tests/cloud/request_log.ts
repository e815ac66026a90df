// SPDX-License-Identifier: MIT

/**
 * What the cloud saw: one entry a request, in the order in which they were answered. Kept in
 * memory only, since bodies and answers contain module keys. Signatures of tokens are not kept.
 */

import type { SasToken } from "./sas_token.ts";

/** A token as the log shows it. */
export interface LoggedToken extends Pick<SasToken, "sr" | "se" | "skn"> {
  /** SHA-256 of the signature, 16 hex digits: tells tokens apart without giving one away. */
  fingerprint: string;
}

/** One request with its answer. */
export interface LogEntry {
  /** Counts up from 1, never reused, not reset when the log is cleared. */
  seq: number;
  /** When the request had been read, by the cloud's clock; RFC 3339. */
  time: string;
  surface: string;
  instance: string;
  method: string;
  path: string;
  query: string;
  /** As sent, in order; the value of `authorization` cut down to its scheme. */
  headers: [name: string, value: string][];
  /** Absent when there was no such header or it could not be read as a token. */
  authorization?: LoggedToken;
  /** The outcome of the checks of the caller; absent when the request failed before them. */
  validity?: string;
  /** Absent when the client presented none. */
  clientCertificate?: { sha1: string; sha256: string; chain: string[] };
  body: string;
  /** Absent when the connection was cut without one. */
  answer?: { status: number; headers: [name: string, value: string][]; body: string };
  /** The kind of the fault that was applied. */
  fault?: string;
}

/** The newest entries, up to a fixed number. */
export class RequestLog {
  #entries: LogEntry[] = [];
  #last = 0;

  constructor(private readonly capacity = 10_000) {}

  /** Adds an entry and gives it its number. */
  add(entry: Omit<LogEntry, "seq">): void {
    this.#entries.push({ seq: ++this.#last, ...entry });
    // In blocks, so that a full log does not move all its entries for each new one.
    if (this.#entries.length >= this.capacity * 2) this.#entries.splice(0, this.capacity);
  }

  /** The entries whose number is greater than `seq`, oldest first. */
  since(seq = 0): LogEntry[] {
    return this.#entries.slice(-this.capacity).filter((entry) => entry.seq > seq);
  }

  /** Forgets all entries; the numbers go on. */
  clear(): void {
    this.#entries = [];
  }
}
