// SPDX-License-Identifier: MIT

/**
 * The sockets a daemon serves on: those that systemd passed (`LISTEN_PID`, `LISTEN_FDS`,
 * `LISTEN_FDNAMES`), else one bound at a path.
 */

import type { Sys } from "../../ffi/sys.ts";
import { readEnv } from "./environment.ts";
import { decodeSegment } from "./target.ts";

/** A listening unix socket. */
export interface Listener {
  /** The path, or the name it was passed under: for messages. */
  readonly name: string;
  readonly descriptor: number;
  /** The systemd unit of the daemon: for messages. */
  readonly unit: string;
}

/** A socket that a daemon wants. */
export interface Wanted {
  /**
   * Where it is to listen without activation: `unix:///path`, or `fd://N` or `fd://NAME` for a
   * descriptor that was passed.
   */
  readonly endpoint: string;
  /** Permission bits of a socket bound here; default `0o660`. */
  readonly mode?: number;
  /** The name it must have been passed under where several sockets were. */
  readonly fdName?: string;
}

/** How a daemon opens its sockets. */
export interface ListenerOptions {
  /** The program's name, such as `aziot-keyd`: its units are called after it. */
  readonly program: string;
  readonly sockets: readonly Wanted[];
  readonly sys: Pick<Sys, "unixListen">;
  /** Default {@link takeActivation}. */
  readonly activation?: Activation;
}

/** What systemd passed. */
export interface Activation {
  /** Sockets passed, as descriptors 3, 4, …; 0: none. */
  readonly count: number;
  /** Their names; absent when none were passed with them. */
  readonly names: readonly string[] | undefined;
}

const FIRST_DESCRIPTOR = 3;
const BACKLOG = 128;
const FD = "fd://";
const UNIX = "unix:///";
const UNSIGNED = /^\+?\d+$/;
const SIGNED = /^[+-]?\d+$/;

/**
 * What systemd passed to this process, taken out of the environment so that no child takes it for
 * its own. Throws when LISTEN_PID or LISTEN_FDS is no number.
 */
export function takeActivation(
  read: (name: string) => string | undefined = takeEnv,
  pid: number = Deno.pid,
): Activation {
  const [listenPid, listenFds, listenNames] = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"].map(
    read,
  );
  const none: Activation = { count: 0, names: undefined };
  if (listenPid === undefined) return none;
  if (!UNSIGNED.test(listenPid)) throw notNumber("LISTEN_PID");
  if (Number(listenPid) !== pid || listenFds === undefined) return none;
  if (!SIGNED.test(listenFds)) throw notNumber("LISTEN_FDS");
  const count = Math.max(0, Number(listenFds));
  return { count, names: listenNames?.split(":") };
}

function notNumber(name: string): Error {
  return new Error(`could not read ${name} env var: invalid digit found in string`);
}

function takeEnv(name: string): string | undefined {
  const value = readEnv(name);
  if (value !== undefined) Deno.env.delete(name);
  return value;
}

/**
 * The listeners a daemon is to serve on, one for each socket it wants: a passed one wins over the
 * endpoint, whose path is bound only where none was passed. Throws with the endpoint or the
 * variable in the message.
 */
export function openListeners(options: ListenerOptions): Listener[] {
  const { program, sockets, sys } = options;
  const activation = options.activation ?? takeActivation();
  const unit = `${program}.service`;
  return sockets.map((wanted) => {
    const passed = passedDescriptor(activation, wanted.fdName);
    if (passed !== undefined) {
      const name = activation.names?.[passed - FIRST_DESCRIPTOR] ||
        `the socket of ${program}.socket`;
      return { name, descriptor: passed, unit };
    }
    const { endpoint } = wanted;
    if (endpoint.startsWith(FD)) {
      return { name: endpoint, descriptor: namedDescriptor(endpoint, activation), unit };
    }
    const path = endpoint.startsWith(UNIX)
      ? decodeSegment(endpoint.slice(UNIX.length - 1))
      : undefined;
    if (path === undefined) {
      throw new Error(`cannot listen on "${endpoint}": only unix:///path and fd://… are offered`);
    }
    return { name: path, descriptor: bindPath(path, program, wanted.mode ?? 0o660, sys), unit };
  });
}

/** One socket was passed: that one, whatever its name. Several: the one of the wanted name. */
function passedDescriptor(
  { count, names }: Activation,
  wanted: string | undefined,
): number | undefined {
  if (count === 0) return undefined;
  if (count === 1) return FIRST_DESCRIPTOR;
  if (wanted === undefined || names === undefined) return undefined;
  if (names.length !== count) {
    throw new Error(`LISTEN_FDNAMES has ${names.length} names for ${count} sockets`);
  }
  const index = names.indexOf(wanted);
  if (index < 0) throw new Error(`no socket named "${wanted}" was passed (LISTEN_FDNAMES)`);
  return FIRST_DESCRIPTOR + index;
}

function namedDescriptor(endpoint: string, { names }: Activation): number {
  const name = endpoint.slice(FD.length);
  if (UNSIGNED.test(name)) return Number(name);
  const index = names?.indexOf(name) ?? -1;
  if (index < 0) throw new Error(`${endpoint}: no socket of this name was passed`);
  return FIRST_DESCRIPTOR + index;
}

/** Binds a path natively: no permission of this process covers a path that configuration names. */
function bindPath(path: string, program: string, mode: number, sys: Pick<Sys, "unixListen">) {
  // A packaged daemon may serve only what its socket unit passes; binding here would besides take
  // the path away from that unit.
  const { state } = Deno.permissions.querySync({ name: "net", host: "[fdac:5d5d::]" });
  if (state !== "granted") {
    throw new Error(`no socket was passed: start ${program} through ${program}.socket`);
  }
  try {
    return sys.unixListen(path, mode, BACKLOG);
  } catch (cause) {
    throw new Error(`could not listen on ${path}`, { cause });
  }
}
