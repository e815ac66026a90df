// SPDX-License-Identifier: MIT

/**
 * The serve adapter's control functions. The adapter itself works below `Deno.serve`, preloaded
 * with LD_PRELOAD; here the same file is opened once more, which reaches the loaded copy.
 */

import { libraryPath } from "./library_path.ts";

/** Why callers were turned away. */
export type RefusalReason =
  /** Their uid has as many connections to the listener as it may. */
  | "uid"
  /** The listener has as many connections as it may. */
  | "listener"
  /** The process has no descriptor, or no connection number, to give. */
  | "descriptors"
  /** The kernel did not say who they were. */
  | "identity";

/** A group of callers turned away for one reason. */
export interface Refused {
  /** `undefined`: not known, or of more uids than are kept apart. */
  uid: number | undefined;
  /** Which limit it was. */
  reason: RefusalReason;
  /** How many connections. */
  count: number;
}

/** What can be asked of the adapter. A connection is named by the port of `info.remoteAddr`. */
export interface ServeAdapter {
  /** How many adopted listeners are open; 0 when the adapter is not preloaded. */
  adopted(): number;
  /**
   * The limits of the listener that `descriptor` becomes; right before `Deno.serve` on it. `all`
   * and `perUid` are connections open at a time, 0 refuses everybody. Throws a `RangeError` for a
   * descriptor that is not open or not below 65536, and for numbers that are not whole or negative.
   */
  limits(descriptor: number, all: number, perUid: number): void;
  /**
   * A request has entered its handler (1) or its answer is out (-1). The result is how many
   * requests of the connection are in a handler now; more than one means HTTP/2 or pipelining.
   */
  busy(connection: number, delta: 1 | -1): number;
  /** Ends a connection in both directions; false when it is not open any more. */
  shut(connection: number): boolean;
  /**
   * Shuts the connections that were silent for more than `idleSeconds` after an answer, or whose
   * head was unfinished for more than `headSeconds`, never one with a request in a handler; to be
   * called every few seconds. A sweep that comes more than half of `headSeconds` after the one
   * before shuts none, since the process was held up. The result is how many were shut.
   */
  sweep(idleSeconds: number, headSeconds: number): number;
  /** One group of callers turned away since it was last asked for; `undefined`: no more. */
  refused(): Refused | undefined;
  /** Bytes sent on a connection so far; -1 when it is not open any more. */
  sent(connection: number): number;
}

/** By the numbers of ffi/serve/refusals.h. */
const REASONS: readonly (RefusalReason | undefined)[] = [
  undefined,
  "uid",
  "listener",
  "descriptors",
  "identity",
];

const UID_UNKNOWN = 0xffffffff;

/** A 32-bit signed number that C takes; once a caller is optimised Deno no longer checks. */
function isInt32(value: number): boolean {
  return (value | 0) === value;
}

/**
 * Opens the adapter's control functions and gives up the permission to open that file again.
 * Throws when the library is not there or may not be opened.
 */
export function openServe(): ServeAdapter {
  const path = libraryPath("libaziot_serve.so");
  const { symbols } = Deno.dlopen(path, {
    aziot_serve_adopted: { parameters: [], result: "i32" },
    aziot_serve_limits: { parameters: ["i32", "i32", "i32"], result: "i32" },
    aziot_serve_busy: { parameters: ["i32", "i32"], result: "i32" },
    aziot_serve_shut: { parameters: ["i32"], result: "i32" },
    aziot_serve_sweep: { parameters: ["f64", "f64"], result: "i32" },
    aziot_serve_refused: { parameters: ["buffer"], result: "i32" },
    aziot_serve_sent: { parameters: ["i32"], result: "i64" },
  });
  Deno.permissions.revokeSync({ name: "ffi", path });
  const refusal = new Uint32Array(3);

  return {
    adopted: () => symbols.aziot_serve_adopted(),
    limits(descriptor, all, perUid) {
      const valid = isInt32(descriptor) && isInt32(all) && isInt32(perUid);
      if (!valid || symbols.aziot_serve_limits(descriptor, all, perUid) !== 0) {
        throw new RangeError(`no limits of ${all} and ${perUid} for descriptor ${descriptor}`);
      }
    },
    busy: (connection, delta) => symbols.aziot_serve_busy(connection | 0, delta),
    shut: (connection) => symbols.aziot_serve_shut(connection | 0) === 0,
    sweep: (idleSeconds, headSeconds) => symbols.aziot_serve_sweep(idleSeconds, headSeconds),
    refused() {
      if (symbols.aziot_serve_refused(refusal) === 0) return undefined;
      const [uid = UID_UNKNOWN, code = 0, count = 0] = refusal;
      const reason = REASONS[code];
      if (reason === undefined) throw new Error(`${path} reports the unknown reason ${code}`);
      return { uid: uid === UID_UNKNOWN ? undefined : uid, reason, count };
    },
    sent: (connection) => Number(symbols.aziot_serve_sent(connection | 0)),
  };
}
