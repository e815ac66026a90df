// SPDX-License-Identifier: MIT

/**
 * Leveled logging for the journal: one line a record on stderr, each with its syslog priority, so
 * that journald files it under the right level and set-log-level can filter it.
 *
 * `<6>2026-05-04T10:11:12Z [INFO] - Starting server...`
 */

import { type Filter, parseFilter } from "./filter.ts";

/** Severity, most severe first. */
export type Level = "error" | "warn" | "info" | "debug" | "trace";

/** What a part of a program logs with. */
export interface Log {
  /** Something could not be done. */
  error(message: string): void;
  /** Something may go wrong, or has and does not matter yet. */
  warn(message: string): void;
  /** What an administrator wants to follow. */
  info(message: string): void;
  /** What a developer wants to follow. */
  debug(message: string): void;
  /** Every detail. */
  trace(message: string): void;
  /** Whether a record of this level would be written; guards costly messages. */
  enabled(level: Level): boolean;
  /** The same output under another target, which `AZIOT_LOG` can filter by. */
  child(target: string): Log;
}

/** Where the records go and what time it is; tests pass their own. */
export interface LogOutput {
  write(bytes: Uint8Array): void;
  now(): Date;
}

const PREFIX: Record<Level, { priority: number; label: string }> = {
  error: { priority: 3, label: "ERR!" },
  warn: { priority: 4, label: "WARN" },
  info: { priority: 6, label: "INFO" },
  debug: { priority: 7, label: "DBUG" },
  trace: { priority: 7, label: "TRCE" },
};

const LEVELS: readonly Level[] = ["error", "warn", "info", "debug", "trace"];

const STDERR: LogOutput = {
  write: (bytes) => {
    // A short write (a full pipe) must not cut a record in two.
    for (let at = 0; at < bytes.length;) at += Deno.stderr.writeSync(bytes.subarray(at));
  },
  now: () => new Date(),
};

/**
 * A log whose records pass the filter `spec`, the value of `AZIOT_LOG` (`undefined`: level info).
 * Each entry of the filter that cannot be read is warned about once, at once.
 */
export function createLog(
  target: string,
  spec: string | undefined,
  output: LogOutput = STDERR,
): Log {
  const { filter, invalid } = parseFilter(spec ?? "");
  const log = new TargetLog(target, filter, output);
  for (const entry of invalid) log.warn(`invalid logging spec '${entry}', ignoring it`);
  return log;
}

/** A log that drops everything: for tests and for libraries without a caller's log. */
export const SILENT: Log = {
  error() {},
  warn() {},
  info() {},
  debug() {},
  trace() {},
  enabled: () => false,
  child: () => SILENT,
};

class TargetLog implements Log {
  readonly #enabled: number;

  constructor(
    readonly target: string,
    readonly filter: Filter,
    readonly output: LogOutput,
  ) {
    this.#enabled = filter.verbosity(target);
  }

  error(message: string): void {
    this.#write("error", message);
  }
  warn(message: string): void {
    this.#write("warn", message);
  }
  info(message: string): void {
    this.#write("info", message);
  }
  debug(message: string): void {
    this.#write("debug", message);
  }
  trace(message: string): void {
    this.#write("trace", message);
  }

  enabled(level: Level): boolean {
    return LEVELS.indexOf(level) < this.#enabled;
  }

  child(target: string): Log {
    return new TargetLog(target, this.filter, this.output);
  }

  #write(level: Level, message: string): void {
    if (!this.enabled(level)) return;
    this.output.write(
      new TextEncoder().encode(formatRecord(level, this.target, message, this.output.now())),
    );
  }
}

/** Longer messages are cut: callers' texts stand in some, and nobody reads a record of a megabyte. */
const LONGEST = 8192;

/**
 * One record as it is written. A message of several lines becomes one, and no other control
 * character gets through: journald ends a record at `\n` and at NUL, so that what follows would be
 * a record of its own, of whatever level the caller likes; and it shows none that has others.
 */
export function formatRecord(level: Level, target: string, message: string, at: Date): string {
  const { priority, label } = PREFIX[level];
  const time = at.toISOString().slice(0, 19);
  const origin = level === "debug" || level === "trace" ? `[${target}] ` : "";
  return `<${priority}>${time}Z [${label}] - ${origin}${shown(message)}\n`;
}

// deno-lint-ignore no-control-regex -- control characters are what must not get through
const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/;
const LINE_ENDS = /[\r\n]+/g;
const CONTROLS = new RegExp(CONTROL, "g");

/** Cut before and after: a record that journald cuts goes on as another one, of any level. */
function shown(message: string): string {
  if (message.length <= LONGEST && !CONTROL.test(message)) return message;
  const line = message.slice(0, LONGEST).replace(LINE_ENDS, " ").replace(
    CONTROLS,
    (character) => `\\u{${character.charCodeAt(0).toString(16)}}`,
  );
  const more = Math.max(0, message.length - LONGEST) + Math.max(0, line.length - LONGEST);
  return more > 0 ? `${line.slice(0, LONGEST)}… (${more} more characters)` : line;
}
