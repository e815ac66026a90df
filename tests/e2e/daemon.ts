// SPDX-License-Identifier: MIT

import { type Launch, launch } from "../../scripts/run.ts";

/** A daemon started the way systemd starts it, on a socket passed to it. */
export interface Daemon {
  readonly socket: string;
  readonly pid: number;
  /** Everything it has written to stderr, over all its starts. */
  log(): string;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number>;
  /** SIGKILL; resolves when it is gone. */
  kill9(): Promise<void>;
  /** Starts it (again) and resolves when it serves; throws with its log if it ends before. */
  start(): Promise<void>;
  /** Sends a signal, such as SIGHUP. */
  signal(name: Deno.Signal): void;
}

/** The line by which a daemon says that it is ready. */
export const READY = "Starting server...";

/** Longer than any start that is not stuck; a start against a slow hub has its own test. */
const START_DEADLINE_MS = 30_000;

/**
 * A daemon that is described, not started. `what` is its launch without the socket; what it
 * writes to stderr also goes to `log/<program>.log` below its directory.
 */
export function daemon(
  what: Omit<Launch, "activate">,
  socket: { path: string; mode: string },
): Daemon {
  return new RunningDaemon({
    ...what,
    activate: [`${what.program}.socket=${socket.path}:${socket.mode}`],
  }, socket.path);
}

class RunningDaemon implements Daemon {
  #child: Deno.ChildProcess | undefined;
  #log = "";
  #reading: Promise<void> = Promise.resolve();
  #watchers = new Set<() => void>();

  constructor(readonly what: Launch, readonly socket: string) {}

  get pid(): number {
    if (!this.#child) throw new Error(`${this.what.program} is not running`);
    return this.#child.pid;
  }

  log(): string {
    return this.#log;
  }

  async start(): Promise<void> {
    if (this.#child) throw new Error(`${this.what.program} is running already`);
    const child = launch(this.what, { stdout: "inherit", stderr: "piped" });
    this.#child = child;
    await Deno.mkdir(`${this.what.directory}/log`, { recursive: true });
    const before = this.#log.length;
    this.#reading = this.#collect(child.stderr);
    try {
      await this.#ready(child, before);
    } catch (error) {
      await this.kill9();
      throw error;
    }
  }

  async stop(): Promise<number> {
    const child = this.#child;
    if (!child) return 0;
    this.#kill(child, "SIGTERM");
    const { code } = await child.status;
    await this.#reading;
    this.#child = undefined;
    return code;
  }

  async kill9(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    this.#kill(child, "SIGKILL");
    await child.status;
    await this.#reading;
    this.#child = undefined;
  }

  signal(name: Deno.Signal): void {
    this.#child?.kill(name);
  }

  #kill(child: Deno.ChildProcess, signal: Deno.Signal): void {
    try {
      child.kill(signal);
    } catch (cause) {
      // It has ended by itself already: the caller sees that from its exit code.
      if (!(cause instanceof TypeError)) throw cause;
    }
  }

  async #collect(stderr: ReadableStream<Uint8Array>): Promise<void> {
    const path = `${this.what.directory}/log/${this.what.program}.log`;
    using file = await Deno.open(path, { create: true, append: true });
    const decoder = new TextDecoder();
    for await (const chunk of stderr) {
      await file.write(chunk);
      this.#log += decoder.decode(chunk, { stream: true });
      for (const wake of this.#watchers) wake();
    }
  }

  async #ready(child: Deno.ChildProcess, from: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = () => {
      if (this.#log.indexOf(READY, from) >= 0) resolve();
    };
    const deadline = setTimeout(
      () => reject(new Error(`${this.what.program} did not get ready:\n${this.#log.slice(from)}`)),
      START_DEADLINE_MS,
    );
    this.#watchers.add(look);
    const ended = child.status.then(async ({ code }) => {
      await this.#reading;
      reject(
        new Error(`${this.what.program} ended with exit code ${code}:\n${this.#log.slice(from)}`),
      );
    });
    ended.catch(() => {});
    try {
      look();
      await promise;
    } finally {
      clearTimeout(deadline);
      this.#watchers.delete(look);
    }
  }
}
