// SPDX-License-Identifier: MIT

/** A Keys Service by itself, in a directory of its own, for tests of its API and its start. */

import { launch, libraryDirectory } from "../../scripts/run.ts";
import { type Daemon, daemon } from "./daemon.ts";

/** What a Keys Service may be given. */
export interface KeydOptions {
  /** Its `config.toml`; by default the home, and root's rights for the uid of this process. */
  config?: (dir: string) => string;
  /** Key files to start with: a directory with `keys/`, copied. */
  home?: string;
  /** Permission bits of its socket; default `0660`. */
  mode?: string;
  /** Where its native libraries are, default the build directory. */
  libraries?: string;
  /** Added to its environment. */
  env?: Record<string, string>;
}

/** A Keys Service; it is ended and its directory removed on dispose. */
export interface Keyd extends AsyncDisposable {
  readonly dir: string;
  /** Where its key files are, in `keys/`. */
  readonly home: string;
  readonly socket: string;
  readonly daemon: Daemon;
  /** Starts it (again) on a socket passed to it, as systemd does. */
  start(): Promise<void>;
  /**
   * Starts it without waiting until it serves, for starts that fail or say nothing; the caller sees
   * to its end. Its socket is passed to it and takes connections from the beginning, unless
   * `isPassed` is false: then it has to bind one.
   */
  launch(options?: { isPassed?: boolean; env?: Record<string, string> }): Launched;
}

/** A Keys Service that was started and may or may not serve. */
export interface Launched {
  /** Resolves when it has ended, by itself or by SIGTERM. */
  readonly end: Promise<{ code: number; log: string }>;
  stop(): Promise<{ code: number; log: string }>;
}

/** The configuration of a test's Keys Service: its home, and no limit that a test would meet. */
export function keydConfig(dir: string): string {
  return `max_requests = 100

[aziot_keys]
homedir_path = "${dir}/var/lib/aziot/keyd"

[[principal]]
uid = ${Deno.uid() ?? 0}
keys = ["*"]
`;
}

/** Makes the directory of a Keys Service without starting it. */
export async function prepareKeyd(options: KeydOptions = {}): Promise<Keyd> {
  const dir = await Deno.makeTempDir({ prefix: "aziot-keyd-" });
  const home = `${dir}/var/lib/aziot/keyd`;
  const etc = `${dir}/etc/aziot/keyd`;
  const socket = `${dir}/run/aziot/keyd.sock`;
  // Callers of other uids reach the socket through it.
  await Deno.chmod(dir, 0o755);
  for (const path of [home, `${etc}/config.d`, `${dir}/run/aziot`]) {
    await Deno.mkdir(path, { recursive: true });
  }
  if (options.home !== undefined) await copyTree(options.home, home);
  await Deno.writeTextFile(`${etc}/config.toml`, (options.config ?? keydConfig)(dir));

  const { mode = "0660", env = {}, libraries } = options;
  const what = {
    program: "keyd",
    directory: dir,
    ...libraries === undefined ? {} : { libraries },
  };
  const described = daemon({ ...what, env }, { path: socket, mode });
  return {
    dir,
    home,
    socket,
    daemon: described,
    start: () => described.start(),
    launch(started = {}) {
      const { isPassed = true } = started;
      const child = launch(
        {
          ...what,
          env: { ...env, ...started.env },
          ...isPassed ? { activate: [`keyd.socket=${socket}:${mode}`] } : {},
        },
        { stdout: "null", stderr: "piped" },
      );
      const end = child.output().then(({ code, stderr }) => ({
        code,
        log: new TextDecoder().decode(stderr),
      }));
      return {
        end,
        stop() {
          child.kill("SIGTERM");
          return end;
        },
      };
    },
    async [Symbol.asyncDispose]() {
      await described.stop();
      await Deno.remove(dir, { recursive: true });
    },
  };
}

/** Starts a Keys Service. */
export async function startKeyd(options: KeydOptions = {}): Promise<Keyd> {
  const keyd = await prepareKeyd(options);
  try {
    await keyd.start();
  } catch (error) {
    await keyd[Symbol.asyncDispose]();
    throw error;
  }
  return keyd;
}

/**
 * A directory with the product's libraries, one of them replaced: `AZIOT_LIB_DIR` for a service
 * that an administrator has given another keys library.
 */
export async function librariesWith(name: string, replacement: string): Promise<string> {
  const directory = await Deno.makeTempDir({ prefix: "aziot-lib-" });
  for await (const entry of Deno.readDir(libraryDirectory())) {
    if (entry.isFile && entry.name !== name) {
      await Deno.symlink(`${libraryDirectory()}/${entry.name}`, `${directory}/${entry.name}`);
    }
  }
  await Deno.symlink(replacement, `${directory}/${name}`);
  return directory;
}

async function copyTree(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const entry of Deno.readDir(from)) {
    if (entry.isDirectory) await copyTree(`${from}/${entry.name}`, `${to}/${entry.name}`);
    else await Deno.copyFile(`${from}/${entry.name}`, `${to}/${entry.name}`);
  }
}
