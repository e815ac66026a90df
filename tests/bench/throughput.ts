// SPDX-License-Identifier: MIT

/** Requests a second, latency and CPU a request of several servers, side by side. */

import { median, medianRatio } from "./figures.ts";
import { type Load, load } from "./load.ts";
import type { Server } from "./servers.ts";
import { cpuMicroseconds } from "./usage.ts";

/** A server and the request that it is measured with. */
export interface Subject {
  readonly name: string;
  readonly server: Server;
  readonly request: string;
  /** The name of the subject it is compared with; absent: with none. */
  readonly against?: string;
  /** Makes so many times fewer requests, for what takes long; default 1. */
  readonly fewer?: number;
}

/** Medians over the rounds; times in microseconds. */
export interface Throughput {
  readonly name: string;
  readonly connections: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly cpu: number;
  /** CPU a request divided by that of the subject it is compared with, in the same round. */
  readonly ratio?: number;
}

/** How much is measured. */
export interface Effort {
  readonly rounds: number;
  /** Requests to each subject in each round. */
  readonly requests: number;
}

interface Sample extends Load {
  readonly cpu: number;
}

/** Measures all subjects in turn, round by round, so that a busy machine is busy for all. */
export async function measureThroughput(
  generator: string,
  subjects: readonly Subject[],
  connections: number,
  { rounds, requests }: Effort,
): Promise<Throughput[]> {
  const samples = new Map<string, Sample[]>(subjects.map(({ name }) => [name, []]));
  // One round that does not count: code is compiled and caches fill.
  for (let round = -1; round < rounds; round++) {
    for (const { name, server, request, fewer = 1 } of subjects) {
      const count = Math.max(connections, Math.round(requests / fewer));
      const before = cpuMicroseconds(server.pid);
      const result = await load(generator, server.socket, connections, count, request);
      const cpu = (cpuMicroseconds(server.pid) - before) / count;
      if (round >= 0) samples.get(name)?.push({ ...result, cpu });
    }
  }
  const values = (name: string, key: "perSecond" | "p50" | "p99" | "cpu") =>
    (samples.get(name) ?? []).map((sample) => sample[key]);
  return subjects.map(({ name, against }) => ({
    name,
    connections,
    perSecond: median(values(name, "perSecond")),
    p50: median(values(name, "p50")),
    p99: median(values(name, "p99")),
    cpu: median(values(name, "cpu")),
    ...against === undefined
      ? {}
      : { ratio: medianRatio(values(name, "cpu"), values(against, "cpu")) },
  }));
}
