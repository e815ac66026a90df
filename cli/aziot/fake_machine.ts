// SPDX-License-Identifier: MIT

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
  env?: Record<string, string>;
  users?: Record<string, User>;
  /** Answers a call of systemctl; absent: every call succeeds. */
  systemctl?: (args: string[]) => Ended;
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
    readStdin: () => Promise.resolve(settings.stdin ?? ""),
    env: (name) => settings.env?.[name],
    now: () => new Date(Date.UTC(2026, 4, 4, 10, 11, 12)),
    hostname: () => settings.hostname ?? "press-07",
    uid: settings.uid ?? 0,
    user: (name) => Promise.resolve(settings.users?.[name]),
    systemctl: (args) => {
      calls.push(args.join(" "));
      const good: Ended = { success: true, stdout: "", stderr: "" };
      return Promise.resolve(settings.systemctl?.(args) ?? good);
    },
  };
}
