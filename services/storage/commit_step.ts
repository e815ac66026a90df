// SPDX-License-Identifier: MIT

import type { Owner } from "./disk.ts";

export type { Owner } from "./disk.ts";

/** One change of a commit; paths are absolute. */
export type Step =
  /** Writes a file; absent owner: the process's own. */
  | { do: "write"; path: string; bytes: Uint8Array; mode: number; owner?: Owner }
  /** Removes a file; a missing one is fine. */
  | { do: "remove"; path: string }
  /**
   * Gives a file, link or directory to somebody; a missing one is fine. `mode` also sets its bits,
   * unless it is a link.
   */
  | { do: "chown"; path: string; owner: Owner; mode?: number };
