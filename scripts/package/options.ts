// SPDX-License-Identifier: MIT

import { Failure } from "./failure.ts";

/** Debian's names of the machines that the runtime exists for. */
export const ARCHITECTURES = ["amd64", "arm64"] as const;
export type Architecture = typeof ARCHITECTURES[number];

/** `compile`: an executable a program. `shared`: one runtime, a bundle and a launcher a program. */
export type Variant = "compile" | "shared";

/** The command line of `scripts/build`. */
export interface Options {
  /** Without it: `compile` where a stub can be had, else `shared`. */
  variant?: Variant;
  arch: Architecture;
  /** The runtime to ship, instead of the one from npm. */
  deno?: string;
  /** The stub for `deno compile`. */
  denort?: string;
  /** Tests only: `deno` and `denort` of another version. */
  toolchain?: string;
  /** Where to stop: programs and libraries, the staged tree, the packages without their checks. */
  only?: "bin" | "tree" | "deb";
  out: string;
  compression: "xz" | "gzip";
  /** Key with which gpg signs the repository. */
  signKey?: string;
}

export const USAGE = `usage: scripts/build [OPTION]...

  --variant=compile|shared  one executable a program, or one runtime with bundles; without it
                            compile where a stub (denort) can be had, else shared
  --arch=amd64|arm64        without it: this machine's
  --deno=PATH               the runtime to ship, instead of the one from npm
  --denort=PATH             the stub for compile (also: DENORT_BIN), instead of Deno's download
  --only=bin|tree|deb       stop after the programs, the staged tree, the unchecked packages
  --out=DIR                 where to; without it: out
  --compression=xz|gzip     of the packages; without it: xz
  --sign-key=KEY            sign the package repository with this key of gpg
  --toolchain=DIR           tests only: deno and denort of another version; marks packages ~test

Exit status: 0 built, 2 usage, 3 a tool is missing, 4 no genuine denort, 5 the build failed,
6 lintian or a size limit.
`;

/** Reads the command line; throws a `Failure` with the usage. `own` is this machine's kind. */
export function parseOptions(args: readonly string[], own: Architecture): Options {
  const options: Options = { arch: own, out: "out", compression: "xz" };
  for (const argument of args) {
    if (argument === "--") continue;
    const [, name, value] = /^--([a-z-]+)=(.+)$/s.exec(argument) ?? [];
    if (name === undefined || value === undefined) throw usage(`what is ${argument}?`);
    switch (name) {
      case "variant":
        options.variant = oneOf(name, value, ["compile", "shared"]);
        break;
      case "arch":
        options.arch = oneOf(name, value, ARCHITECTURES);
        break;
      case "only":
        options.only = oneOf(name, value, ["bin", "tree", "deb"]);
        break;
      case "compression":
        options.compression = oneOf(name, value, ["xz", "gzip"]);
        break;
      case "deno":
      case "denort":
      case "toolchain":
      case "out":
        options[name] = value;
        break;
      case "sign-key":
        options.signKey = value;
        break;
      default:
        throw usage(`no option --${name}`);
    }
  }
  if (options.toolchain !== undefined && (options.deno ?? options.denort) !== undefined) {
    throw usage("--toolchain brings its own deno and denort");
  }
  if (options.denort !== undefined && options.variant === "shared") {
    throw usage("--denort is for --variant=compile");
  }
  return options;
}

function oneOf<const T extends string>(name: string, value: string, known: readonly T[]): T {
  const found = known.find((candidate) => candidate === value);
  if (found === undefined) throw usage(`--${name} is ${known.join(" or ")}, not ${value}`);
  return found;
}

function usage(message: string): Failure {
  return new Failure("usage", `${message}\n${USAGE.trimEnd()}`);
}
