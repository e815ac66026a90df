// SPDX-License-Identifier: MIT

/**
 * Ports that stay one's own while nobody listens on them. The kernel gives ports of its own range
 * to whoever asks for any and to outgoing connections: one that is released for a moment may be
 * gone. These come from outside that range, and a listener on a neighbouring loopback address
 * keeps other users of this module away.
 */

/**
 * How long a process that is being started may hold copies of our sockets: until it becomes another
 * program it has all that this process had, also what this process closes meanwhile.
 */
const STARTING_MS = 60_000;

/** Where nobody but {@link reservePort} listens. */
const SEAT_HOST = "127.0.0.2";

/** Below it well-known services have their ports. */
const LOWEST = 10_000;

/** Fewer than these, and the next one might be somebody else's again and again. */
const ENOUGH = 1_000;

/** The ports from `first` up to `last`, both included. */
export interface PortRange {
  first: number;
  last: number;
}

/**
 * Ports that the kernel gives to nobody; `localRange` is what stands in its
 * `ip_local_port_range`. All from {@link LOWEST} on when it has left too few.
 */
export function rangeBeside(localRange: string): PortRange {
  const [, low = "32768", high = "60999"] = /^(\d+)\s+(\d+)/.exec(localRange) ?? [];
  const sides = [
    { first: LOWEST, last: Number(low) - 1 },
    { first: Number(high) + 1, last: 65_535 },
  ];
  return sides.find((side) => side.last - side.first >= ENOUGH) ?? { first: LOWEST, last: 65_535 };
}

/** A port on 127.0.0.1 that is its holder's, listening or not, until it is disposed of. */
export interface ReservedPort extends Disposable {
  readonly port: number;
}

/**
 * Reserves a port and calls `bind`, which listens on it; with the next one when somebody else is
 * there. Answers with the port and what `bind` gave; rejects with whatever else `bind` throws.
 */
export async function reservePort<T>(
  bind: (port: number) => Promise<T>,
): Promise<{ reserved: ReservedPort; bound: T }> {
  const { first, last } = rangeBeside(await localPortRange());
  const count = last - first + 1;
  const start = Math.floor(Math.random() * count);
  for (let offset = 0; offset < count; offset++) {
    const port = first + (start + offset) % count;
    const seat = takeSeat(port);
    if (seat === undefined) continue;
    try {
      const bound = await bind(port);
      return { reserved: { port, [Symbol.dispose]: () => seat.close() }, bound };
    } catch (cause) {
      seat.close();
      if (!isTaken(cause)) throw cause;
    }
  }
  throw new Error(`none of the ports from ${first} to ${last} is free`);
}

/** Calls `bind`, again while a process that is being started still holds the port. */
export async function bindAgain(bind: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + STARTING_MS;
  for (;;) {
    try {
      return await bind();
    } catch (cause) {
      if (!isTaken(cause) || performance.now() > deadline) throw cause;
    }
    await pause();
  }
}

/** Waits until a port of 127.0.0.1 that was just closed refuses connections. */
export async function untilRefused(port: number): Promise<void> {
  const deadline = performance.now() + STARTING_MS;
  while (await isReached(port)) {
    if (performance.now() > deadline) throw new Error(`somebody else listens on port ${port}`);
    await pause();
  }
}

async function isReached(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch (cause) {
    if (cause instanceof Deno.errors.ConnectionRefused) return false;
    // Taken, and cut when the process has become another program.
    if (cause instanceof Deno.errors.ConnectionReset) return true;
    throw cause;
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 2));

function takeSeat(port: number): Deno.Listener | undefined {
  try {
    return Deno.listen({ hostname: SEAT_HOST, port });
  } catch (cause) {
    if (isTaken(cause)) return undefined;
    throw cause;
  }
}

/** Node's servers and Deno's say it in different ways. */
function isTaken(cause: unknown): boolean {
  return cause instanceof Deno.errors.AddrInUse ||
    cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE";
}

async function localPortRange(): Promise<string> {
  try {
    return await Deno.readTextFile("/proc/sys/net/ipv4/ip_local_port_range");
  } catch (cause) {
    // The kernel's default is meant then.
    if (cause instanceof Deno.errors.NotFound) return "";
    throw cause;
  }
}
