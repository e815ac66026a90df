// SPDX-License-Identifier: MIT

/** Resident memory of daemons: idle, under load, and what many requests leave. */

import { load } from "./load.ts";
import type { Server } from "./servers.ts";
import { forgetPeak, peakMebibytes, residentMebibytes } from "./usage.ts";

const CONNECTIONS = 10;
/** Until then caches and the heap may grow. */
const WARM_UP = 20_000;
const REQUESTS = 100_000;

/** All in MiB. */
export interface Memory {
  readonly name: string;
  readonly idle: number;
  /** The most while requests were being answered. */
  readonly peak: number;
  /** What 100 000 requests added after the first 20 000. */
  readonly growth: number;
}

/**
 * Measures a daemon that has just answered its first request, with these requests in turn.
 * Memory is looked at between loads, when garbage may still be uncollected: so the growth is
 * between the least of several looks before and after.
 */
export async function measureMemory(
  generator: string,
  name: string,
  server: Server,
  requests: readonly string[],
): Promise<Memory> {
  const idle = await leastResident(server.pid);
  forgetPeak(server.pid);
  const send = async (total: number) => {
    for (const request of requests) {
      const share = Math.ceil(total / requests.length);
      await load(generator, server.socket, CONNECTIONS, share, request);
    }
  };
  await send(WARM_UP);
  const before = await leastResident(server.pid);
  await send(REQUESTS);
  const after = await leastResident(server.pid);
  return { name, idle, peak: peakMebibytes(server.pid), growth: after - before };
}

async function leastResident(pid: number): Promise<number> {
  let least = Infinity;
  for (let look = 0; look < 10; look++) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    least = Math.min(least, residentMebibytes(pid));
  }
  return least;
}
