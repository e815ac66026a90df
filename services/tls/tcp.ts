// SPDX-License-Identifier: MIT

/** TCP connections to a host, whatever its addresses are. */

import { SocketTransport } from "../http/socket_transport.ts";
import { TimeLimit } from "../http/time_limit.ts";
import type { Transport } from "../http/transport.ts";
import { TlsError, transferError } from "./errors.ts";
import type { Target } from "./target.ts";

/** Opens a TCP connection to a name or an address. */
export type Dial = (
  hostname: string,
  port: number,
  signal: AbortSignal,
) => Promise<Deno.TcpConn>;

/**
 * The platform's way: the system's resolver (hosts file, DNS, whatever nsswitch.conf names), and
 * then every address, the next one as soon as one fails or has not answered for a quarter of a
 * second, the families in turn (RFC 8305).
 */
export function systemDial(
  hostname: string,
  port: number,
  signal: AbortSignal,
): Promise<Deno.TcpConn> {
  return Deno.connect({ hostname, port, signal, autoSelectFamily: true });
}

/** Connects to the target within `timeoutMs`, name resolution included. */
export async function connectTcp(
  target: Pick<Target, "host" | "isAddress" | "port" | "peer">,
  options: { timeoutMs: number; signal: AbortSignal; dial: Dial },
): Promise<Transport> {
  const { host, peer, port } = target;
  using limit = new TimeLimit(
    options.timeoutMs,
    () =>
      new TlsError(
        "timeout",
        `no connection to ${peer} in time; check the network, a firewall or a needed proxy`,
      ),
    options.signal,
  );
  let isAbandoned = false;
  const dialing = options.dial(host, port, limit.signal).then((socket) => {
    // A connection that is there after all must not stay open.
    if (isAbandoned) socket.close();
    return socket;
  });
  try {
    const socket = await limit.race(dialing, () => isAbandoned = true);
    // The end of a request must not wait for the acknowledgement of its beginning.
    socket.setNoDelay();
    return new SocketTransport(socket, peer, transferError);
  } catch (cause) {
    if (limit.signal.aborted) throw limit.signal.reason;
    throw refusal(target, cause);
  }
}

function refusal({ host, peer }: Pick<Target, "host" | "peer">, cause: unknown): TlsError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (isUnresolved(cause)) {
    return new TlsError(
      "resolve",
      `could not resolve ${host} (${reason}); check the name and this machine's DNS settings`,
      { cause },
    );
  }
  return new TlsError("connect", `could not connect to ${peer} (${reason})`, { cause });
}

/**
 * Whether the name is at fault. Only the resolver's errors have these words and no code of the
 * operating system; a test sees to it that a new release of the platform still says so.
 */
function isUnresolved(cause: unknown): boolean {
  return cause instanceof Error && !("code" in cause && cause.code !== undefined) &&
    cause.message.startsWith("failed to lookup address information");
}
