// SPDX-License-Identifier: MIT

/** What slow operations of one caller add to the time that another caller waits. */

import { keysClient } from "../../services/keyd/client.ts";
import { median } from "./figures.ts";
import { load } from "./load.ts";
import type { Server } from "./servers.ts";

/** How many of the quick requests are looked at in each round. */
const REQUESTS = 3_000;

/** The 99th percentile of HMAC signs of one caller, medians over the rounds, in milliseconds. */
export interface Interference {
  /** What another caller does meanwhile. */
  readonly beside: string;
  readonly alone: number;
  readonly together: number;
  /** The median of each round's difference. */
  readonly added: number;
}

/** Measures one caller's HMAC signs by themselves and beside each of another caller's slow kinds. */
export async function measureInterference(
  generator: string,
  keyd: Server,
  requests: { readonly hmac: string; readonly rsa: string },
  rounds: number,
): Promise<Interference[]> {
  const quick = () => load(generator, keyd.socket, 1, REQUESTS, requests.hmac);
  const slow: Record<string, () => Promise<unknown>> = {
    "RSA signs": () => load(generator, keyd.socket, 1, 50, requests.rsa),
    "RSA key generation": () => generatePair(keyd.socket),
  };
  await quick();
  const results: Interference[] = [];
  for (const [beside, work] of Object.entries(slow)) {
    const samples: { alone: number; together: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      const alone = (await quick()).p99 / 1000;
      samples.push({ alone, together: (await whileBusy(work, quick)).p99 / 1000 });
    }
    results.push({
      beside,
      alone: median(samples.map(({ alone }) => alone)),
      together: median(samples.map(({ together }) => together)),
      added: median(samples.map(({ alone, together }) => together - alone)),
    });
  }
  return results;
}

/** The result of `quick`, while `work` is done over and over. */
async function whileBusy<T>(work: () => Promise<unknown>, quick: () => Promise<T>): Promise<T> {
  let isOver = false;
  const busy = (async () => {
    while (!isOver) await work();
  })();
  try {
    return await quick();
  } finally {
    isOver = true;
    await busy;
  }
}

async function generatePair(socket: string): Promise<void> {
  using keys = keysClient({ socket });
  const handle = await keys.createKeyPairIfNotExists("bench-slow", "rsa-2048");
  await keys.deleteKeyPair(handle);
}
