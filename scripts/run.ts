// SPDX-License-Identifier: MIT

/**
 * Starts a program of the product from source with exactly the permissions of the manifest:
 *
 *     run.ts PROGRAM [--dir DIR] [--activate NAME=PATH:MODE]… [-- ARGS]
 *
 * Everything the program reads and writes stands below DIR (default `.run`). `--activate` passes
 * it listening sockets the way systemd does.
 */

import {
  developmentRoots,
  expand,
  flags,
  type Program,
  program as named,
} from "../packaging/manifest.ts";
import { architecture, buildNative } from "./build_native.ts";
import { ensurePackages } from "./prerequisites.ts";

const root = new URL("..", import.meta.url).pathname.replace(/\/$/, "");

/** How a program is to be started. */
export interface Launch {
  program: string;
  /** Where everything it reads and writes stands; absolute. */
  directory: string;
  /** Listening sockets to pass: `NAME=PATH:MODE`, mode in octal. */
  activate?: string[];
  args?: string[];
  /** Added to the environment and taken from it (`undefined`). */
  env?: Record<string, string | undefined>;
  /** Where its native libraries are; default {@link libraryDirectory}. */
  libraries?: string;
  /** A bundle of the program to run instead of its source. */
  bundle?: string;
  /** Instead of its entry in the manifest: for tests of what it does with other permissions. */
  manifest?: Program;
  /** A command that runs the rest in its own process, such as `strace -D …`. */
  wrapper?: string[];
}

/** An executable and its arguments: one process from the first exec to the program's end. */
export interface CommandLine {
  executable: string;
  args: string[];
  env: Record<string, string>;
}

/** Where the native libraries of this checkout are: `AZIOT_LIB_DIR`, else `build/<arch>`. */
export function libraryDirectory(): string {
  return Deno.env.get("AZIOT_LIB_DIR") ?? `${root}/build/${architecture()}`;
}

/**
 * The command that starts a program. LD_PRELOAD is set by `env` right before the last exec: the
 * adapter's constructor removes it from whatever it is loaded into, and `Deno.Command` refuses it.
 */
export function commandLine(launch: Launch): CommandLine {
  const subject = launch.manifest ?? named(launch.program);
  const lib = launch.libraries ?? libraryDirectory();
  const roots = developmentRoots(launch.directory, lib);
  const run = [
    Deno.execPath(),
    "run",
    "--cached-only",
    ...flags(subject, roots, { dev: true }),
    ...launch.bundle === undefined ? [] : ["--no-config", "--no-lock", "--no-npm"],
    launch.bundle ?? `${root}/${subject.entry}`,
    ...launch.args ?? [],
  ];
  if (subject.preload) run.unshift("/usr/bin/env", `LD_PRELOAD=${expand(subject.preload, roots)}`);
  if (launch.activate?.length) run.unshift(`${lib}/activate`, ...launch.activate, "--");
  run.unshift(...launch.wrapper ?? []);

  const [executable = "", ...args] = run;
  return { executable, args, env: environment(subject, launch, lib) };
}

/** The caller's environment plus what keeps the program below its directory. */
function environment(subject: Program, launch: Launch, lib: string): Record<string, string> {
  const inherited = Deno.env.toObject();
  // What a surrounding supervisor passed is not for this program.
  for (const name of ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]) delete inherited[name];

  const env: Record<string, string> = {
    AZIOT_DEV_ENDPOINTS: "1",
    ...inherited,
    AZIOT_LIB_DIR: lib,
    DENO_NO_UPDATE_CHECK: "1",
    ...audited(subject, launch, lib),
  };
  const service = /^aziot-(\w+d)$/.exec(subject.name)?.[1];
  if (service) {
    const etc = developmentRoots(launch.directory, lib).etc;
    env[`AZIOT_${service.toUpperCase()}_CONFIG`] ??= `${etc}/${service}/config.toml`;
    env[`AZIOT_${service.toUpperCase()}_CONFIG_DIR`] ??= `${etc}/${service}/config.d`;
  }
  for (const [name, value] of Object.entries(launch.env ?? {})) {
    if (value === undefined) delete env[name];
    else env[name] = value;
  }
  return env;
}

/**
 * Where the runtime is to note what the program asks it for, when `AZIOT_PERMISSION_AUDIT` names a
 * directory: `tests/audit` judges it. A program with other permissions than its own is left out.
 */
function audited(subject: Program, launch: Launch, lib: string): Record<string, string> {
  const directory = Deno.env.get("AZIOT_PERMISSION_AUDIT");
  if (directory === undefined || launch.manifest !== undefined) return {};
  const path = `${directory}/${crypto.randomUUID()}`;
  const start = { program: subject.name, directory: launch.directory, libraries: lib };
  Deno.writeTextFileSync(`${path}.start`, JSON.stringify(start));
  Deno.writeTextFileSync(`${path}.audit`, "");
  // Some run as another user.
  Deno.chmodSync(`${path}.audit`, 0o666);
  return { DENO_AUDIT_PERMISSIONS: `${path}.audit` };
}

/** Starts a program; stdin is empty unless inherited. */
export function launch(
  what: Launch,
  streams: { stdin?: "inherit"; stdout: "inherit" | "null"; stderr: "inherit" | "piped" },
): Deno.ChildProcess {
  const { executable, args, env } = commandLine(what);
  return new Deno.Command(executable, {
    args,
    env,
    clearEnv: true,
    stdin: "null",
    ...streams,
  })
    .spawn();
}

interface Options {
  program: string;
  directory: string;
  activate: string[];
  args: string[];
}

/** Throws with a sentence for the user. */
function parseArguments(list: string[]): Options {
  const [program, ...rest] = list[0] === "--" ? list.slice(1) : list;
  if (program === undefined || program.startsWith("-")) {
    throw new Error("usage: run.ts PROGRAM [--dir DIR] [--activate NAME=PATH:MODE]… [-- ARGS]");
  }
  const options: Options = { program, directory: ".run", activate: [], args: [] };
  while (rest.length > 0) {
    const word = rest.shift();
    if (word === "--") {
      options.args = rest.splice(0);
      break;
    }
    const value = rest.shift();
    if (value === undefined) throw new Error(`${word} needs a value`);
    if (word === "--dir") options.directory = value;
    else if (word === "--activate") options.activate.push(value);
    else throw new Error(`unknown argument ${word}; arguments of the program go behind --`);
  }
  return options;
}

async function main(): Promise<number> {
  let options: Options;
  try {
    options = parseArguments(Deno.args);
    named(options.program);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 2;
  }
  await ensurePackages();
  if (!Deno.env.has("AZIOT_LIB_DIR")) await buildNative({ sanitize: false });
  await Deno.mkdir(options.directory, { recursive: true });
  const directory = await Deno.realPath(options.directory);
  const child = launch({ ...options, directory }, {
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  });
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    Deno.addSignalListener(signal, () => child.kill(signal));
  }
  return (await child.status).code;
}

if (import.meta.main) Deno.exit(await main());
