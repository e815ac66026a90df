// SPDX-License-Identifier: MIT

import type { Info } from "../../ffi/sys.ts";
import type { Asker } from "./init/asker.ts";
import type { Ended, Machine, User } from "./machine.ts";

/** A machine for tests: it records what commands print and ask for, and changes nothing. */
export interface FakeMachine extends Machine {
  readonly stdout: string;
  readonly stderr: string;
  /** The calls of systemctl, such as `stop aziot-keyd.service`. */
  readonly calls: readonly string[];
}

/** What a test wants to be different from the usual. */
export interface FakeSettings {
  uid?: number;
  hostname?: string;
  stdin?: string;
  /** Who sits at the terminal; absent: nobody. */
  asker?: Asker;
  env?: Record<string, string>;
  /** The directory in which the running system's files lie; absent: there is no such system. */
  files?: string;
  hasTerminal?: boolean;
  info?: Partial<Record<Info, string>>;
  /** Absent: the fourth of May 2026, 10:11:12 UTC. */
  now?: Date;
  users?: Record<string, User>;
  /** Answers a call of systemctl; absent: every call succeeds, but there is no TPM service. */
  systemctl?: (args: string[]) => Ended;
  /** Whether journalctl succeeds; absent: it does. */
  journalctl?: boolean;
}

/** Makes a machine of host name `press-07` whose user is root. */
export function fakeMachine(settings: FakeSettings = {}): FakeMachine {
  let stdout = "";
  let stderr = "";
  const calls: string[] = [];
  return {
    out: (text) => {
      stdout += text;
    },
    err: (text) => {
      stderr += text;
    },
    get stdout() {
      return stdout;
    },
    get stderr() {
      return stderr;
    },
    calls,
    isInteractive: settings.asker !== undefined,
    asker: () => {
      if (settings.asker === undefined) throw new TypeError("nobody is to be asked");
      return Promise.resolve(settings.asker);
    },
    readStdin: () => Promise.resolve(settings.stdin ?? ""),
    env: (name) => settings.env?.[name],
    now: () => settings.now ?? new Date(Date.UTC(2026, 4, 4, 10, 11, 12)),
    pause: () => Promise.resolve(),
    hasTerminal: settings.hasTerminal ?? false,
    readInfo: (which) => Promise.resolve(settings.info?.[which]),
    at: (path) => `${settings.files ?? "/nonexistent"}${path}`,
    hostname: () => settings.hostname ?? "press-07",
    uid: settings.uid ?? 0,
    user: (name) => Promise.resolve(settings.users?.[name]),
    userName: (uid) => {
      const users = Object.entries(settings.users ?? {});
      return Promise.resolve(users.find(([, user]) => user.uid === uid)?.[0]);
    },
    systemctl: (args) => {
      calls.push(args.join(" "));
      const usual: Ended = { success: args[0] !== "cat", stdout: "", stderr: "" };
      return Promise.resolve(settings.systemctl?.(args) ?? usual);
    },
    journalctl: (args) => {
      calls.push(`journalctl ${args.join(" ")}`);
      return Promise.resolve(settings.journalctl ?? true);
    },
  };
}
