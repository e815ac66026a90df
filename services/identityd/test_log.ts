// SPDX-License-Identifier: MIT

import { createLog, type Log } from "../log/log.ts";

/** A log for tests that keeps its records as `LEVEL message`, without time and priority. */
export function testLog(spec = "info"): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const log = createLog("test", spec, {
    now: () => new Date(0),
    write: (bytes) => {
      const [, level, message] = /\[(....)\] - (.*)\n/.exec(new TextDecoder().decode(bytes)) ?? [];
      lines.push(`${level} ${message}`);
    },
  });
  return { log, lines };
}
