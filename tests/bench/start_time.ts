// SPDX-License-Identifier: MIT

/** How long a daemon takes from its exec to its first answer. */

import { median } from "./figures.ts";
import { startDaemon } from "./servers.ts";
import type { Launch } from "../../scripts/run.ts";

/** Milliseconds, median of so many starts of a program on a socket passed to it. */
export async function measureStart(what: Launch, socket: string, starts: number): Promise<number> {
  const times: number[] = [];
  for (let start = 0; start < starts; start++) {
    const before = performance.now();
    const server = await startDaemon(what, socket);
    times.push(performance.now() - before);
    await server[Symbol.asyncDispose]();
    await Deno.remove(socket);
  }
  return median(times);
}
