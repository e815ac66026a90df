// SPDX-License-Identifier: MIT

/** How long a daemon takes from its exec to its first answer. */

import type { Launch } from "../../scripts/run.ts";
import { median } from "./figures.ts";
import { startDaemon } from "./servers.ts";
import { cpuMicroseconds } from "./usage.ts";

/** Both in milliseconds, medians of several starts. */
export interface StartTime {
  /** What a caller waits. */
  readonly elapsed: number;
  /** What all threads of the process have computed: the part that a busy machine does not change. */
  readonly cpu: number;
}

/** Starts a program on a socket passed to it and ends it again, so many times. */
export async function measureStart(
  what: Launch,
  socket: string,
  starts: number,
): Promise<StartTime> {
  const elapsed: number[] = [];
  const cpu: number[] = [];
  for (let start = 0; start < starts; start++) {
    const before = performance.now();
    const server = await startDaemon(what, socket);
    elapsed.push(performance.now() - before);
    cpu.push(cpuMicroseconds(server.pid) / 1000);
    await server[Symbol.asyncDispose]();
    await Deno.remove(socket);
  }
  return { elapsed: median(elapsed), cpu: median(cpu) };
}
