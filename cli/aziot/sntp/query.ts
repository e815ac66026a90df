// SPDX-License-Identifier: MIT

import { BadAnswer, clockOffset, readAnswer, request, sentAt } from "./packet.ts";

/** Where the time is asked for, and how long. */
export interface QueryOptions {
  host: string;
  port: number;
  /** For one answer, in milliseconds. */
  timeoutMs: number;
  /** For all tries together. */
  totalMs: number;
  /** Further tries after a bad answer, none, or a name without an address. */
  retries: number;
  /** The local time in milliseconds. */
  now: () => number;
}

/** A failed query. `unreachable`: nobody was there, which many networks want. */
export class QueryError extends Error {
  override readonly name = "QueryError";

  constructor(message: string, readonly isUnreachable: boolean, options?: ErrorOptions) {
    super(message, options);
  }
}

/** How many milliseconds the clock of a time server is ahead. Throws {@link QueryError}. */
export async function queryOffset(options: QueryOptions): Promise<number> {
  const end = performance.now() + options.totalMs;
  for (let retries = options.retries;; retries--) {
    const timeoutMs = Math.min(options.timeoutMs, end - performance.now());
    try {
      return await attempt({ ...options, timeoutMs });
    } catch (error) {
      const mayHelp = error instanceof Retryable && performance.now() < end;
      if (retries > 0 && mayHelp) continue;
      throw error instanceof Retryable ? error.problem : error;
    }
  }
}

/** A failure that another try may not have. */
class Retryable extends Error {
  constructor(readonly problem: QueryError) {
    super(problem.message);
  }
}

async function attempt(options: QueryOptions): Promise<number> {
  // Anew for every try: the name of a pool has other addresses each time.
  const address = await resolve(options.host);
  const { createSocket } = await import("node:dgram");
  const socket = createSocket(address.family === 6 ? "udp6" : "udp4");
  const { promise, resolve: settle, reject } = Promise.withResolvers<number>();
  const timer = setTimeout(() => {
    const text = "could not receive NTP server response: no answer in time";
    reject(new Retryable(new QueryError(text, true)));
  }, options.timeoutMs);

  let asked: Uint8Array | undefined;
  socket.on("message", (message, from) => {
    const arrived = nanos(options.now());
    const isOurs = from.port === options.port && isSameAddress(from.address, address.address);
    if (asked === undefined || !isOurs) return;
    try {
      const offset = clockOffset(sentAt(asked), readAnswer(message, asked), arrived);
      settle(Number(offset) / 1_000_000);
    } catch (cause) {
      if (!(cause instanceof BadAnswer)) throw cause;
      const text = `could not parse NTP server response: ${cause.message}`;
      reject(new Retryable(new QueryError(text, false)));
    }
  });
  socket.on("error", (cause) => {
    reject(new QueryError(`could not receive NTP server response: ${cause.message}`, false));
  });
  try {
    socket.send(asked = request(nanos(options.now())), options.port, address.address, (error) => {
      if (error) {
        reject(new QueryError(`could not send SNTP client request: ${error.message}`, false));
      }
    });
    return await promise;
  } finally {
    clearTimeout(timer);
    await new Promise<void>((closed) => socket.close(() => closed()));
  }
}

async function resolve(host: string): Promise<{ address: string; family: number }> {
  const { lookup } = await import("node:dns/promises");
  let found: { address: string; family: number }[];
  try {
    found = await lookup(host, { all: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const text = `could not resolve NTP pool hostname: ${reason}`;
    throw new Retryable(new QueryError(text, true));
  }
  // Many networks have IPv6 addresses and no way out with them.
  const [first] = found.toSorted((a, b) => a.family - b.family);
  if (first !== undefined) return first;
  throw new Retryable(
    new QueryError("could not resolve NTP pool hostname: no addresses found", true),
  );
}

/** Node writes the same IPv6 address in more than one way. */
function isSameAddress(one: string, other: string): boolean {
  const plain = (address: string) =>
    address.includes(":") ? new URL(`http://[${address.replace(/%.*$/, "")}]/`).hostname : address;
  return plain(one) === plain(other);
}

function nanos(milliseconds: number): bigint {
  return BigInt(Math.round(milliseconds * 1000)) * 1000n;
}
