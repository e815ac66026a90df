// SPDX-License-Identifier: MIT

/** A connection whose peer is a list of pieces, for tests without a network. */

import type { Transport } from "../transport.ts";

/** What {@link scripted} transports fail with. */
export class BrokenError extends Error {}

/** How a {@link scripted} peer ends after its last piece. */
export type Ending = "goodbye" | "cut";

/** A transport that gives `pieces`, one a read, and then ends. */
export function scripted(pieces: (string | Uint8Array)[], ending: Ending = "goodbye"): Transport {
  const waiting = pieces.map((piece) =>
    typeof piece === "string" ? Uint8Array.from(piece, (char) => char.charCodeAt(0)) : piece
  ).filter((piece) => piece.length > 0);
  return {
    peer: "test.example:443",
    read: (into) => {
      const piece = waiting.shift();
      if (piece === undefined) {
        if (ending === "goodbye") return Promise.resolve(null);
        return Promise.reject(new BrokenError("cut"));
      }
      const taken = piece.subarray(0, into.length);
      if (taken.length < piece.length) waiting.unshift(piece.subarray(taken.length));
      into.set(taken);
      return Promise.resolve(taken.length);
    },
    write: () => Promise.resolve(),
    end: () => Promise.resolve(),
    close: () => {},
    hold: () => {},
    failure: (message) => new BrokenError(message),
  };
}
