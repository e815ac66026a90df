// SPDX-License-Identifier: MIT

import { createLog, type Log } from "../../log/log.ts";

/** A log that keeps its messages. */
export function recordedLog(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const log = createLog("test", undefined, {
    write: (bytes) => void lines.push(new TextDecoder().decode(bytes).split(" - ")[1] ?? ""),
    now: () => new Date(0),
  });
  return { log, lines };
}
