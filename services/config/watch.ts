// SPDX-License-Identifier: MIT

import type { Log } from "../log/log.ts";
import type { ConfigPaths } from "./read.ts";

/** How a configuration is watched. */
export interface WatchOptions {
  /** How long changes are collected before one re-read answers them all, from the first on. */
  windowMs: number;
  log: Log;
}

/** A running watch. */
export interface Watch {
  /** Re-reads now, as SIGHUP asks for; changes collected so far are answered by it. */
  reload(): Promise<void>;
  /** Ends the watch; a re-read under way is finished first. */
  close(): Promise<void>;
}

/**
 * Calls `onChange` after the main file or a file of the directory was made, changed, replaced or
 * removed. `onChange` loads the configuration and, only when that succeeds, puts it in place of
 * the old one; when it throws the old one stays and a warning says why. Calls never overlap.
 *
 * The parent directories are watched, so files and the directory itself may come and go.
 */
export function watch(
  paths: ConfigPaths,
  options: WatchOptions,
  onChange: () => Promise<void>,
): Watch {
  return new ConfigWatch(paths, options, onChange);
}

class ConfigWatch implements Watch {
  #events: Deno.FsWatcher | undefined;
  readonly #loops = new Set<Promise<void>>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #reloads: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(
    readonly paths: ConfigPaths,
    readonly options: WatchOptions,
    readonly onChange: () => Promise<void>,
  ) {
    this.#open();
  }

  reload(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#reloads = this.#reloads.then(() => this.#reload());
    return this.#reloads;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#events?.close();
    this.#events = undefined;
    await Promise.all([...this.#loops, this.#reloads]);
  }

  async #reload(): Promise<void> {
    if (this.#isClosed) return;
    const { log } = this.options;
    // A directory that was made or replaced since has no watch yet, or one on its predecessor.
    // Opened before the files are read, so that no change falls between the two.
    this.#open();
    try {
      await this.onChange();
      log.info("Detected change in config files. Updating config.");
      log.info("Config update finished.");
    } catch (error) {
      log.warn(
        `Detected config file update, but new config failed to parse. Error: ${reasons(error)}`,
      );
    }
  }

  #open(): void {
    const before = this.#events;
    try {
      this.#events = Deno.watchFs(this.#directories(), { recursive: false });
      const loop = this.#collect(this.#events);
      this.#loops.add(loop);
      loop.then(() => this.#loops.delete(loop));
      before?.close();
    } catch (error) {
      this.options.log.warn(
        `could not watch the config files, changes need SIGHUP or a restart: ${reasons(error)}`,
      );
    }
  }

  #directories(): string[] {
    const { file, directory } = this.paths;
    const wanted = new Set([parentOf(file), parentOf(directory), directory]);
    return [...wanted].filter((path) => isDirectory(path));
  }

  async #collect(events: Deno.FsWatcher): Promise<void> {
    try {
      for await (const { kind, paths } of events) {
        if (kind === "access" || !paths.some((path) => this.#counts(path))) continue;
        this.#timer ??= setTimeout(() => void this.reload(), this.options.windowMs);
      }
    } catch (error) {
      this.options.log.warn(`the watch of the config files ended: ${reasons(error)}`);
    }
  }

  /** By name only: where a directory is reached through a link the rest of the path differs. */
  #counts(path: string): boolean {
    const name = nameOf(path);
    const { file, directory } = this.paths;
    return name === nameOf(file) || name === nameOf(directory) || name.endsWith(".toml");
  }
}

/** The messages of an error's chain; the first says nothing that its cause does not say better. */
function reasons(error: unknown): string {
  const messages: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) messages.push(cause.message);
  if (messages.length > 1) messages.shift();
  return messages.length > 0 ? messages.join(": ") : String(error);
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    // Not there, or not for us: there is nothing to watch.
    return false;
  }
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/";
