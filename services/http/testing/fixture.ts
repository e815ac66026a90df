// SPDX-License-Identifier: MIT

/** Starts the daemon of this folder the way systemd would, and in ways it would not. */

import { libraryPath } from "../../../ffi/library_path.ts";
import type { DaemonSettings } from "./daemon.ts";

/** A running daemon and the directory of its sockets. */
export interface TestDaemon extends AsyncDisposable {
  readonly dir: string;
  /** Path of its first socket. */
  readonly socket: string;
  readonly pid: number;
  /** Everything it has written to stderr so far, with the times left out. */
  log(): string[];
  /** Resolves when the log has a line with this text; rejects when it ends without. */
  logged(text: string): Promise<void>;
  signal(name: Deno.Signal): void;
  /** The exit code, when it has ended. */
  ended(): Promise<number>;
}

/** How a daemon is started. */
export interface StartOptions {
  /** Sockets passed to it, by name; path below the directory. */
  passed?: Record<string, string>;
  /** Its settings; default: whatever is passed, else `s` bound in the directory. */
  settings?: (dir: string) => DaemonSettings;
  /** Without the adapter. */
  bare?: boolean;
  env?: Record<string, string>;
  /** Deno's permission flags; default all. */
  flags?: string[];
  /** Resolve without waiting until it serves. */
  early?: boolean;
}

const READY = "Starting server...";
const DEADLINE_MS = 120_000;

/** Starts a daemon and resolves when it serves. */
export async function startDaemon(options: StartOptions = {}): Promise<TestDaemon> {
  const dir = await Deno.makeTempDir({ prefix: "aziot-http-" });
  // For callers of other users.
  await Deno.chmod(dir, 0o755);
  const passed = options.passed ?? { s: "s" };
  const names = Object.keys(passed).length > 0 ? Object.keys(passed) : ["s"];
  const defaults: DaemonSettings = {
    sockets: names.map((fdName) => ({ endpoint: `unix://${dir}/${fdName}`, fdName })),
  };
  const settings = options.settings?.(dir) ?? defaults;
  const command = [
    Deno.execPath(),
    "run",
    "--no-prompt",
    "--no-check",
    "--cached-only",
    "--unstable-no-legacy-abort",
    "--v8-flags=--max-semi-space-size=2,--max-old-space-size=64",
    ...options.flags ?? ["-A"],
    new URL("daemon.ts", import.meta.url).pathname,
    JSON.stringify(settings),
  ];
  if (!options.bare) {
    command.unshift("/usr/bin/env", `LD_PRELOAD=${libraryPath("libaziot_serve.so")}`);
  }
  const sockets = Object.entries(passed);
  if (sockets.length > 0) {
    const wanted = sockets.map(([name, file]) => `${name}=${dir}/${file}:0666`);
    command.unshift(libraryPath("activate"), ...wanted, "--");
  }
  const [executable = "", ...args] = command;
  const child = new Deno.Command(executable, {
    args,
    env: { DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1", ...options.env },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const daemon = new StartedDaemon(dir, `${dir}/${sockets[0]?.[1] ?? "s"}`, child);
  if (options.early) return daemon;
  try {
    await daemon.logged(READY);
  } catch (error) {
    await daemon[Symbol.asyncDispose]();
    throw error;
  }
  return daemon;
}

class StartedDaemon implements TestDaemon {
  #text = "";
  #isOver = false;
  readonly #watchers = new Set<() => void>();
  readonly #reading: Promise<void>;

  constructor(readonly dir: string, readonly socket: string, readonly child: Deno.ChildProcess) {
    this.#reading = this.#read();
  }

  get pid(): number {
    return this.child.pid;
  }

  log(): string[] {
    return this.#text.split("\n").filter((line) => line !== "")
      .map((line) => line.replace(/^(<\d>)\S+ /, "$1"));
  }

  async logged(text: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const fail = (what: string) => reject(new Error(`${what} before "${text}":\n${this.#text}`));
    const look = () => {
      if (this.#text.includes(text)) resolve();
      else if (this.#isOver) fail("the daemon ended");
    };
    const timer = setTimeout(() => fail("two minutes went by"), DEADLINE_MS);
    this.#watchers.add(look);
    try {
      look();
      await promise;
    } finally {
      clearTimeout(timer);
      this.#watchers.delete(look);
    }
  }

  signal(name: Deno.Signal): void {
    this.child.kill(name);
  }

  async ended(): Promise<number> {
    const { code } = await this.child.status;
    await this.#reading;
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOver) {
      try {
        this.child.kill("SIGKILL");
      } catch {
        // It has just ended by itself.
      }
    }
    await this.ended();
    await Deno.remove(this.dir, { recursive: true });
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.child.stderr) {
      this.#text += decoder.decode(chunk, { stream: true });
      for (const look of this.#watchers) look();
    }
    this.#isOver = true;
    for (const look of this.#watchers) look();
  }
}
