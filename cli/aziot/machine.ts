// SPDX-License-Identifier: MIT

import type { Info, Sys } from "../../ffi/sys.ts";
import type { Asker } from "./init/asker.ts";

/** A user of the system. */
export interface User {
  uid: number;
  /** Primary group. */
  gid: number;
  /** All groups. */
  groups: readonly number[];
}

/** How a program ended and what it printed. */
export interface Ended {
  success: boolean;
  stdout: string;
  stderr: string;
}

/** What a command has to do with outside its own files; tests bring their own. */
export interface Machine {
  out(text: string): void;
  err(text: string): void;
  /** Whether somebody sits at standard input. */
  readonly isInteractive: boolean;
  /** The one who sits there. */
  asker(): Promise<Asker>;
  /** All of standard input. */
  readStdin(): Promise<string>;
  env(name: string): string | undefined;
  now(): Date;
  /** Lets time pass. */
  pause(milliseconds: number): Promise<void>;
  /** Whether standard output is a terminal. */
  readonly hasTerminal: boolean;
  /** A file of the kernel; `undefined` when the machine does not have it. */
  readInfo(which: Info): Promise<string | undefined>;
  /** Where a file of the running system lies; `path` is absolute. */
  at(path: string): string;
  /** The kernel's host name. */
  hostname(): string;
  /** Who runs the command. */
  readonly uid: number;
  /** A user by name; `undefined` when there is none. */
  user(name: string): Promise<User | undefined>;
  /** A user's name by id; `undefined` when there is none. */
  userName(uid: number): Promise<string | undefined>;
  /** Runs systemctl with its output captured. Throws when it cannot be started. */
  systemctl(args: string[]): Promise<Ended>;
  /** Runs journalctl on the terminal; whether it succeeded. Throws when it cannot be started. */
  journalctl(args: string[]): Promise<boolean>;
}

/**
 * By full path, as they are permitted: what a caller's PATH has in their place is never run by root,
 * and another order of its directories is no reason to fail.
 */
const SYSTEMCTL = "/usr/bin/systemctl";
const JOURNALCTL = "/usr/bin/journalctl";

/** The machine that the program runs on. */
export function thisMachine(): Machine {
  // Opened when first needed, and only once: the library gives up the permission to open it.
  let opened: Promise<Sys> | undefined;
  const sys = () => opened ??= import("../../ffi/sys.ts").then(({ openSys }) => openSys());
  return {
    out: (text) => writeAll(Deno.stdout, text),
    err: (text) => writeAll(Deno.stderr, text),
    isInteractive: Deno.stdin.isTerminal(),
    asker: async () => (await import("./init/terminal.ts")).terminalAsker(),
    readStdin: () => new Response(Deno.stdin.readable).text(),
    env: (name) => Deno.env.get(name),
    now: () => new Date(),
    pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    hasTerminal: Deno.stdout.isTerminal(),
    readInfo: async (which) => (await sys()).readInfo(which),
    at: (path) => path,
    hostname: () => Deno.hostname(),
    uid: Deno.uid() ?? 0,
    user: async (name) => {
      const { userIds, groupList } = await sys();
      const ids = userIds(name);
      return ids && { ...ids, groups: groupList(name) ?? [ids.gid] };
    },
    userName: async (uid) => (await sys()).userName(uid),
    systemctl: async (args) => {
      const command = new Deno.Command(SYSTEMCTL, { args, stdin: "null" });
      const { success, stdout, stderr } = await command.output();
      const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      return { success, stdout: text(stdout), stderr: text(stderr) };
    },
    journalctl: async (args) =>
      (await new Deno.Command(JOURNALCTL, { args }).spawn().status).success,
  };
}

function writeAll(
  to: { writeSync(bytes: Uint8Array): number },
  text: string,
): void {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += to.writeSync(bytes.subarray(at));
}
