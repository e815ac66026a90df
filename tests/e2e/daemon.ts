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
  /**
   * Starts it (again) and resolves when it serves; throws with its log if it ends before. Whoever
   * does not await it is not told.
   */
  start(): Promise<void>;
  /** Sends a signal, such as SIGHUP. */
  signal(name: Deno.Signal): void;
}

/** The line by which a daemon says that it is ready. */
export const READY = "Starting server...";

/** Longer than any start that is not stuck, on a machine that has much else to do. */
const START_DEADLINE_MS = 120_000;

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

  start(): Promise<void> {
    const started = this.#start();
    // A test may fail before it awaits this: then its own reason is to be seen, and that the daemon
    // was ended is none. Who awaits it is told all the same.
    started.catch(() => {});
    return started;
  }

  async #start(): Promise<void> {
    if (this.#child) throw new Error(`${this.what.program} is running already`);
    const child = launch(this.what, { stdout: "inherit", stderr: "piped" });
    this.#child = child;
    await Deno.mkdir(`${this.what.directory}/log`, { recursive: true });
    const before = this.#log.length;
    this.#reading = this.#collect(child.stderr);
    try {
      await this.#ready(child, before);
    } catch (error) {
      await this.#end(child, "SIGKILL");
      throw error;
    }
  }

  async stop(): Promise<number> {
    return this.#child ? await this.#end(this.#child, "SIGTERM") : 0;
  }

  async kill9(): Promise<void> {
    if (this.#child) await this.#end(this.#child, "SIGKILL");
  }

  /** Resolves with the exit code; a child that was started meanwhile is left alone. */
  async #end(child: Deno.ChildProcess, signal: Deno.Signal): Promise<number> {
    try {
      child.kill(signal);
    } catch (cause) {
      // It has ended by itself already: the caller sees that from its exit code.
      if (!(cause instanceof TypeError)) throw cause;
    }
    const { code } = await child.status;
    await this.#reading;
    if (this.#child === child) this.#child = undefined;
    return code;
  }

  signal(name: Deno.Signal): void {
    this.#child?.kill(name);
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
    child.status.then(async ({ code }) => {
      await this.#reading;
      reject(
        new Error(`${this.what.program} ended with exit code ${code}:\n${this.#log.slice(from)}`),
      );
    }).catch(reject);
    try {
      look();
      await promise;
    } finally {
      clearTimeout(deadline);
      this.#watchers.delete(look);
    }
  }
}
