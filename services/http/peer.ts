// SPDX-License-Identifier: MIT

/**
 * Who is calling. The one place that reads a connection's address: the serve adapter
 * (`ffi/serve`) writes the kernel's SO_PEERCRED there as `fdac:5d5d:PID:PID:UID:UID:GID:GID`.
 */

/** The process at the other end of a connection, as the kernel knew it when it connected. */
export interface Peer {
  /** 0: the process lives outside our pid namespace and cannot be named. */
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

const PREFIX = ["fdac", "5d5d"];
const GROUP = /^[0-9a-f]{1,4}$/;

// A connection asks with the same text for each of its requests.
const known = new Map<string, Peer>();
const KNOWN_LIMIT = 1024;

/**
 * Reads the caller's identity out of a connection's address (canonical IPv6 text). Throws on
 * anything else, also on the listener's own name: read as an identity, its zeros would mean root.
 */
export function peerOf(address: Deno.Addr): Peer {
  const hostname = "hostname" in address ? address.hostname : "";
  const cached = known.get(hostname);
  if (cached !== undefined) return cached;

  const groups = groupsOf(hostname);
  const isIdentity = groups.length === 8 && groups[0] === PREFIX[0] && groups[1] === PREFIX[1] &&
    groups.every((group) => GROUP.test(group));
  const [pid, uid, gid] = [2, 4, 6].map((at) =>
    parseInt(groups[at] ?? "", 16) * 0x1_0000 + parseInt(groups[at + 1] ?? "", 16)
  );
  if (!isIdentity || pid === undefined || uid === undefined || gid === undefined) {
    throw new Error(`no caller identity in the address ${JSON.stringify(hostname)}`);
  }
  if (pid === 0 && uid === 0 && gid === 0) {
    throw new Error(`the address ${hostname} is the listener's own, not a caller's`);
  }

  const peer: Peer = Object.freeze({ pid, uid, gid });
  if (known.size >= KNOWN_LIMIT) known.clear();
  known.set(hostname, peer);
  return peer;
}

/** The eight groups of an IPv6 address with `::` filled up; another number of them if it is none. */
function groupsOf(text: string): string[] {
  const [head = "", tail, ...more] = text.split("::");
  if (more.length > 0) return [];
  const left = head === "" ? [] : head.split(":");
  if (tail === undefined) return left;
  const right = tail === "" ? [] : tail.split(":");
  const missing = 8 - left.length - right.length;
  return missing < 1 ? [] : [...left, ...Array<string>(missing).fill("0"), ...right];
}
