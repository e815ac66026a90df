// SPDX-License-Identifier: MIT

/**
 * In what a unit file, which is written by hand for people to read, differs from what the manifest
 * says of its program.
 */

import { expand, granted, installedRoots, type Program } from "./manifest.ts";
import { type UnitFile, words } from "./unit_file.ts";

const ROOTS = installedRoots("x86_64-linux-gnu");

/** What C code of a program takes from the environment, outside the permissions of the manifest. */
const NATIVE_VARIABLES = ["NO_COLOR", "LD_PRELOAD", "HOME", "TPM2_PKCS11_STORE"];

/** Directives that let in what no test has seen. */
const OPEN_DOORS = ["EnvironmentFile", "PassEnvironment", "ExecStartPre", "ExecStartPost"];

/** The program's name without the product's: of its sockets and directories. */
export function serviceOf(program: Program): string {
  return program.name.replace(/^aziot-/, "");
}

/** Where the service keeps its state. */
export function homeOf(program: Program): string {
  return `${ROOTS.state}/${serviceOf(program)}`;
}

/** What is different in the service's unit, a sentence each. */
export function serviceDifferences(program: Program, unit: UnitFile): string[] {
  const differences = new Differences(unit);
  differences.compare("Service.ExecStart", [program.installPath]);
  differences.compare("Service.User", [program.user]);
  differences.compare("Service.Group", [program.user]);
  differences.compareWords("Service.ReadWritePaths", writable(program));
  differences.compareWords("Service.RestrictAddressFamilies", families(program));

  const environment = unit.get("Service.Environment") ?? [];
  const preload = environment.filter((entry) => entry.startsWith("LD_PRELOAD="));
  const wanted = program.preload === undefined
    ? []
    : [`LD_PRELOAD=${expand(program.preload, ROOTS)}`];
  differences.expect("LD_PRELOAD", preload, wanted);
  const known = [...NATIVE_VARIABLES, ...program.env === true ? [] : program.env];
  const foreign = environment.map((entry) => entry.split("=", 1)[0] ?? "")
    .filter((name) => !known.includes(name));
  differences.expect("variables that the program does not read", foreign, []);
  for (const name of OPEN_DOORS) differences.compare(`Service.${name}`, []);
  return differences.list;
}

/** What is different in its socket's unit. */
export function socketDifferences(program: Program, unit: UnitFile): string[] {
  const differences = new Differences(unit);
  const path = `${ROOTS.run}/${serviceOf(program)}.sock`;
  differences.compare("Socket.ListenStream", [path]);
  differences.compare("Socket.SocketUser", [program.user]);
  differences.compare("Socket.SocketGroup", [program.user]);
  differences.compare("Socket.SocketMode", ["0660"]);
  differences.compare("Socket.DirectoryMode", ["0755"]);
  differences.compare("Socket.RemoveOnStop", ["yes"]);
  differences.compare("Socket.ExecStartPre", [`-/usr/libexec/aziot/free-socket-path ${path}`]);
  differences.compare("Unit.Wants", [`${program.name}.target`]);
  // It would have the socket restarted, and its queue lost, with a service that has crashed.
  differences.compare("Unit.PartOf", []);
  differences.compare("Install.WantedBy", ["sockets.target"]);
  // With a name of its own the descriptor would not be called after its unit.
  differences.compare("Socket.FileDescriptorName", []);
  // The manifest's permission is for one passed descriptor.
  differences.compare("Socket.Accept", []);
  return differences.list;
}

class Differences {
  readonly list: string[] = [];

  constructor(readonly unit: UnitFile) {}

  compare(key: string, wanted: string[]): void {
    this.expect(key, this.unit.get(key) ?? [], wanted);
  }

  /** A directive of words in any order. */
  compareWords(key: string, wanted: string[]): void {
    this.expect(key, words(this.unit, key).sort(), wanted.toSorted());
  }

  expect(what: string, found: string[], wanted: string[]): void {
    if (JSON.stringify(found) === JSON.stringify(wanted)) return;
    const text = (values: string[]) => values.length === 0 ? "nothing" : values.join(" ");
    this.list.push(`${what}: the unit says ${text(found)}, the manifest ${text(wanted)}`);
  }
}

/**
 * The paths that a sandbox leaves writable. What may be absent must not keep the service from
 * starting (`-`); its home has to be there. Sockets are connected to, not written.
 */
function writable(program: Program): string[] {
  const all = (["write", "nativeWrite"] as const).flatMap((kind) => {
    const grant = granted(program, kind, ROOTS);
    return grant === true ? ["/"] : grant;
  }).filter((path) => !path.endsWith(".sock"));
  const home = homeOf(program);
  return [...new Set(all)]
    .filter((path) => !all.some((other) => path.startsWith(`${other}/`)))
    .map((path) => path === home ? path : `-${path}`);
}

function families(program: Program): string[] {
  const isBeyond = program.net === true ||
    program.net.some((entry) => !entry.startsWith("unix:") && !entry.startsWith("[fdac:5d5d::]"));
  return isBeyond ? ["AF_UNIX", "AF_INET", "AF_INET6"] : ["AF_UNIX"];
}
