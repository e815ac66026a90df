// SPDX-License-Identifier: MIT

/** TCP connections: every address of a host is tried in turn. */

import { lookup } from "node:dns/promises";
import { Deadline } from "./deadline.ts";
import { TlsError } from "./errors.ts";
import type { Target } from "./target.ts";
import type { Transport } from "./transport.ts";

/** All addresses of a host name, the preferred first. */
export type Resolve = (host: string) => Promise<string[]>;

/** The system's resolver (hosts file, DNS, whatever nsswitch.conf names), in its order. */
export async function systemResolve(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true, order: "verbatim" });
  return found.map(({ address }) => address);
}

/**
 * Connects to the target within `timeoutMs`, name resolution included. Of several addresses each
 * gets its share of the time that is left, so one that never answers does not starve the others.
 */
export async function connectTcp(
  target: Pick<Target, "host" | "isAddress" | "port" | "peer">,
  options: { timeoutMs: number; signal: AbortSignal; resolve: Resolve },
): Promise<Transport> {
  const { peer, port } = target;
  using limit = new Deadline(options.timeoutMs, () => tooLate(peer), options.signal);
  const addresses = target.isAddress
    ? [target.host]
    : await limit.race(addressesOf(target.host, options.resolve), () => {});

  const failures: string[] = [];
  let refusal: unknown;
  for (const [index, address] of addresses.entries()) {
    using share = new Deadline(
      limit.remaining / (addresses.length - index),
      () => tooLate(peer),
      limit.signal,
    );
    try {
      return new TcpTransport(await connectOne(address, port, share), peer);
    } catch (cause) {
      // The whole limit or the caller's signal: no further address.
      if (limit.signal.aborted) throw limit.signal.reason;
      const late = share.signal.aborted;
      failures.push(`${address}: ${late ? "no answer in time" : words(cause)}`);
      if (!late) refusal = cause;
    }
  }
  if (refusal === undefined) throw tooLate(peer);
  throw new TlsError("connect", `could not connect to ${peer} (${failures.join("; ")})`, {
    cause: refusal,
  });
}

function tooLate(peer: string): TlsError {
  return new TlsError(
    "timeout",
    `no connection to ${peer} in time; check the network, a firewall or a needed proxy`,
  );
}

async function addressesOf(host: string, resolve: Resolve): Promise<string[]> {
  let addresses: string[];
  try {
    addresses = [...new Set(await resolve(host))];
  } catch (cause) {
    throw new TlsError(
      "resolve",
      `could not resolve ${host} (${words(cause)}); check the name and this machine's DNS settings`,
      { cause },
    );
  }
  if (addresses.length === 0) throw new TlsError("resolve", `${host} has no address`);
  return addresses;
}

async function connectOne(hostname: string, port: number, limit: Deadline): Promise<Deno.TcpConn> {
  const connecting = Deno.connect({ hostname, port, signal: limit.signal });
  let abandoned = false;
  // A connection that is there after all must not stay open.
  const late = connecting.then((connection) => {
    if (abandoned) connection.close();
    return connection;
  });
  return await limit.race(late, () => abandoned = true);
}

/** The system's own words, as `connection refused`. */
function words(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return text === "" && typeof code === "string" ? code : text;
}

/** A TCP connection as a {@link Transport}. */
class TcpTransport implements Transport {
  readonly peer: string;
  readonly #connection: Deno.TcpConn;
  #closed = false;

  constructor(connection: Deno.TcpConn, peer: string) {
    this.#connection = connection;
    this.peer = peer;
    // The end of a request must not wait for the acknowledgement of its beginning.
    connection.setNoDelay();
  }

  async read(into: Uint8Array): Promise<number | null> {
    try {
      return await this.#connection.read(into);
    } catch (cause) {
      throw this.#lost(cause);
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length;) {
        at += await this.#connection.write(bytes.subarray(at));
      }
    } catch (cause) {
      throw this.#lost(cause);
    }
  }

  end(): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connection.close();
  }

  #lost(cause: unknown): TlsError {
    return new TlsError("transfer", `the connection to ${this.peer} was lost (${words(cause)})`, {
      cause,
    });
  }
}
