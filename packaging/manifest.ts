// SPDX-License-Identifier: MIT

/**
 * The one reader of `services.json`, the only place where the permissions of the programs are
 * written down. Development runs, packages and documents derive theirs from it.
 */

import * as v from "valibot";
import manifest from "./services.json" with { type: "json" };

/** A permission: `true` for all of its kind, else exactly these. */
const grant = v.union([v.literal(true), v.array(v.string())]);

const programSchema = v.strictObject({
  name: v.pipe(v.string(), v.regex(/^[a-z]+(-[a-z]+)*$/)),
  description: v.string(),
  /** Source of the program, relative to the repository. */
  entry: v.string(),
  package: v.picklist(["aziot-identity-service", "iotedge-aziot"]),
  installPath: v.string(),
  user: v.string(),
  /** Environment variables it may read. */
  env: grant,
  /** Those of development runs only; packages leave them out. */
  devEnv: v.array(v.string()),
  /** Becomes LD_PRELOAD. */
  preload: v.optional(v.string()),
  read: grant,
  write: grant,
  net: grant,
  run: grant,
  sys: grant,
  ffi: v.array(v.string()),
  /** What the C code of the process opens: outside Deno's permissions, inside the unit's sandbox. */
  nativeRead: v.array(v.string()),
  nativeWrite: v.array(v.string()),
  v8Flags: v.array(v.string()),
});

/** One executable of the product; placeholders in its paths are not yet replaced. */
export type Program = v.InferOutput<typeof programSchema>;

/** Where the placeholders of the manifest stand: installed, or below a development directory. */
export interface Roots {
  etc: string;
  state: string;
  run: string;
  secrets: string;
  lib: string;
  multiarch: string;
}

/** All programs, in the order of the manifest. */
export function programs(): Program[] {
  return v.parse(v.strictObject({ programs: v.array(programSchema) }), manifest).programs;
}

/** The program of that name, `aziot-keyd` or `keyd`; throws naming the known ones. */
export function program(name: string): Program {
  const all = programs();
  const found = all.find((candidate) => candidate.name === name) ??
    all.find((candidate) => candidate.name === `aziot-${name}`);
  if (found) return found;
  throw new Error(
    `no program ${name}; the manifest has ${all.map((known) => known.name).join(", ")}`,
  );
}

/** The paths of an installed device; `multiarch` is Debian's triplet, such as `x86_64-linux-gnu`. */
export function installedRoots(multiarch: string): Roots {
  return {
    etc: "/etc/aziot",
    state: "/var/lib/aziot",
    run: "/run/aziot",
    secrets: "/var/secrets/aziot",
    lib: "/usr/lib/aziot",
    multiarch,
  };
}

/** The same paths below `directory`, with the libraries in `lib`. */
export function developmentRoots(directory: string, lib: string): Roots {
  const { etc, state, run, secrets } = installedRoots("");
  return {
    etc: directory + etc,
    state: directory + state,
    run: directory + run,
    secrets: directory + secrets,
    lib,
    multiarch: "",
  };
}

/** Replaces the placeholders of one path of the manifest. */
export function expand(path: string, roots: Roots): string {
  return path.replace(/\$\{(\w+)\}/g, (whole, name: string) => {
    if (!Object.hasOwn(roots, name)) throw new Error(`unknown placeholder ${whole} in ${path}`);
    return roots[name as keyof Roots];
  });
}

/** Kinds of permissions whose entries are paths. */
const PATHS: ReadonlySet<string> = new Set(["read", "write", "nativeRead", "nativeWrite"]);

/**
 * What a program is granted of one kind: `true` for everything, else its entries. A path below
 * another one says nothing more and is left out: on a device `${etc}/certd` lies below `/etc`, in a
 * development run it does not.
 */
export function granted(
  subject: Program,
  kind: "env" | "read" | "write" | "net" | "run" | "sys" | "ffi" | "nativeRead" | "nativeWrite",
  roots: Roots,
): true | string[] {
  const grant = subject[kind];
  if (grant === true) return true;
  const entries = [...new Set(grant.map((entry) => expand(entry, roots)))];
  return PATHS.has(kind)
    ? entries.filter((path) => !entries.some((other) => path.startsWith(`${other}/`)))
    : entries;
}

/**
 * The arguments of `deno run` (and `deno compile`) that give a program exactly its permissions.
 * `dev`: for a run from source, which resolves imports through `deno.json` and may read the
 * developer switches; a listener bound by hand has any descriptor, hence no port.
 */
export function flags(subject: Program, roots: Roots, options: { dev: boolean }): string[] {
  const list = ["--no-prompt", "--unstable-no-legacy-abort", "--deny-import", "--no-remote"];
  if (!options.dev) list.push("--no-config", "--no-lock", "--no-npm");
  if (subject.v8Flags.length > 0) list.push(`--v8-flags=${subject.v8Flags.join(",")}`);

  for (const kind of ["env", "read", "write", "net", "run", "sys", "ffi"] as const) {
    const grant = granted(subject, kind, roots);
    const value = options.dev && grant !== true ? inDevelopment(subject, kind, grant) : grant;
    if (value === true) list.push(`--allow-${kind}`);
    else if (value.length > 0) list.push(`--allow-${kind}=${value.join(",")}`);
  }
  return list;
}

function inDevelopment(subject: Program, kind: string, entries: string[]): string[] {
  if (kind === "env") return [...entries, ...subject.devEnv];
  if (kind !== "net") return entries;
  return entries.map((entry) => entry === "[fdac:5d5d::]:3" ? "[fdac:5d5d::]" : entry);
}
