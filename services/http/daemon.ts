// SPDX-License-Identifier: MIT

/**
 * The shell that every daemon runs in: log, hardening, signals, and what is printed when it
 * cannot start.
 */

import { openSys, type Sys } from "../../ffi/sys.ts";
import { createLog, type Log } from "../log/log.ts";
import { VERSION } from "../version.ts";
import { readEnv, timeScale } from "./environment.ts";
import { errorChain } from "./errors.ts";

/** What a daemon is started with. */
export interface DaemonContext {
  readonly log: Log;
  readonly sys: Sys;
  /** The factor on every timeout and pause, see `environment.ts`. */
  readonly timeScale: number;
}

/** A daemon that serves. */
export interface RunningDaemon {
  /** Stops accepting, lets what is under way finish, gives everything back. */
  stop(): Promise<void>;
  /** SIGHUP: reads the configuration again, now. */
  reload?(): void | Promise<void>;
}

/** A daemon: `start` settles when it serves. */
export interface DaemonOptions {
  /** The program's name, such as `aziot-keyd`; target of its log records. */
  readonly name: string;
  start(context: DaemonContext): Promise<RunningDaemon>;
}

/** The message of an error that `start` rejects with when the configuration cannot be used. */
const CONFIG_ERROR = "could not read config";

/**
 * Runs a daemon until it is told to end: exit code 0 after SIGTERM or SIGINT, 1 when it could not
 * start. Reads `AZIOT_LOG`.
 */
export async function runDaemon({ name, start }: DaemonOptions): Promise<never> {
  const signals = new Signals();
  const log = openLog(name.replaceAll("-", "_"));
  log.info("Starting service...");
  log.info(`Version - ${VERSION}`);
  reportStrayErrors(log);

  let daemon: RunningDaemon;
  try {
    const sys = openSys();
    sys.harden();
    // A start may take minutes (provisioning); it must not hold up the end.
    const started = await Promise.race([
      start({ log, sys, timeScale: timeScale() }),
      signals.end().then(() => undefined),
    ]);
    if (started === undefined) Deno.exit(0);
    daemon = started;
  } catch (error) {
    fail(log, error);
  }
  log.info("Starting server...");

  signals.onHangup = () => reload(daemon, log);
  log.info(`Received ${await signals.end()}, stopping...`);
  try {
    await daemon.stop();
  } catch (error) {
    log.error(`could not stop in order: ${errorChain(error).join(": ")}`);
  }
  Deno.exit(0);
}

/** Ends the process when the variable that says what to log may not be read. */
function openLog(target: string): Log {
  try {
    return createLog(target, readEnv("AZIOT_LOG"));
  } catch (error) {
    fail(createLog(target, undefined), error);
  }
}

function fail(log: Log, error: unknown): never {
  for (const line of startFailure(error)) log.error(line);
  Deno.exit(1);
}

/**
 * The records of a start that failed: what could not be done, then one cause a record. A cause of
 * several lines (an excerpt of a file) becomes several records.
 */
export function startFailure(error: unknown): string[] {
  const chain = errorChain(error);
  const messages = chain[0] === CONFIG_ERROR ? chain : ["service encountered an error", ...chain];
  return messages
    .map((message, index) => index === 0 ? message : `caused by: ${message}`)
    .flatMap((message) => message.split("\n"))
    .filter((line) => line.trim() !== "");
}

async function reload(daemon: RunningDaemon, log: Log): Promise<void> {
  try {
    await daemon.reload?.();
  } catch (error) {
    log.warn(`could not reload: ${errorChain(error).join(": ")}`);
  }
}

/**
 * What escaped every handler. A rejection is logged, not fatal: one request must not end the
 * others. After an exception nobody knows what was left half done: the service manager starts the
 * daemon again.
 */
function reportStrayErrors(log: Log): void {
  const report = (error: unknown) => {
    log.error(`unexpected error: ${errorChain(error).join(": ")}`);
    if (error instanceof Error) log.debug(error.stack ?? "");
  };
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    report(event.reason);
  });
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    report(event.error);
    Deno.exit(1);
  });
}

/** The signals a daemon knows. None ends the process by itself any more. */
class Signals {
  /** Called at SIGHUP. */
  onHangup: () => void = () => {};
  readonly #end = Promise.withResolvers<string>();

  constructor() {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      Deno.addSignalListener(signal, () => this.#end.resolve(signal));
    }
    Deno.addSignalListener("SIGHUP", () => this.onHangup());
  }

  /** Settles at the first SIGTERM or SIGINT, whether it comes before or after the call. */
  end(): Promise<string> {
    return this.#end.promise;
  }
}
