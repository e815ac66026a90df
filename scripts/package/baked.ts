// SPDX-License-Identifier: MIT

/** Reads what `deno compile` has written into an executable, and compares it with the manifest. */

import { granted, type Program, type Roots } from "../../packaging/manifest.ts";
import { readElf } from "./elf.ts";

/** The part of the baked header that says what a program may do and how it runs. */
export interface Baked {
  /** `null`: nothing; an empty list: everything of its kind; else exactly these. */
  permissions: Record<string, string[] | boolean | null>;
  v8Flags: string[];
  unstable: string[];
  appName: string;
}

const HEADER = new TextEncoder().encode('{"argv":[');

/** The baked header of an executable; throws an `Error` when it has none. */
export function bakedPermissions(bytes: Uint8Array): Baked {
  const section = readElf(bytes).sections.find(({ name }) => name === ".note.sui");
  if (section === undefined) throw new Error("no executable made by deno compile");
  const content = bytes.subarray(section.offset, section.offset + section.size);
  const start = content.findIndex((_, at) =>
    content[at] === HEADER[0] && HEADER.every((byte, offset) => content[at + offset] === byte)
  );
  if (start < 0) throw new Error("an executable made by another version of deno compile");
  const header = JSON.parse(
    new TextDecoder().decode(content.subarray(start, endOf(content, start))),
  );
  return {
    permissions: header.permissions,
    v8Flags: header.v8_flags,
    unstable: header.unstable_config.features,
    appName: header.app_name,
  };
}

/** Behind the brace that closes the object at `start`. */
function endOf(content: Uint8Array, start: number): number {
  let depth = 0;
  let quoted = false;
  for (let at = start; at < content.length; at++) {
    const byte = content[at];
    if (byte === 0x5c) at++;
    else if (byte === 0x22) quoted = !quoted;
    else if (!quoted && byte === 0x7b) depth++;
    else if (!quoted && byte === 0x7d && --depth === 0) return at + 1;
  }
  return content.length;
}

/** In what an executable differs from its entry in the manifest, as sentences. */
export function permissionDifferences(baked: Baked, program: Program, roots: Roots): string[] {
  const wanted: Record<string, unknown> = { prompt: false, allow_import: [], deny_import: [] };
  for (const kind of ["env", "read", "write", "net", "run", "sys", "ffi"] as const) {
    const grant = granted(program, kind, roots);
    wanted[`allow_${kind}`] = grant === true ? [] : grant.length === 0 ? null : grant;
  }
  const differences: string[] = [];
  const compare = (name: string, found: unknown, expected: unknown) => {
    const [is, should] = [JSON.stringify(found ?? null), JSON.stringify(expected ?? null)];
    if (is !== should) differences.push(`${name}: ${is}, in the manifest ${should}`);
  };
  for (const name of new Set([...Object.keys(baked.permissions), ...Object.keys(wanted)])) {
    compare(name, baked.permissions[name], wanted[name]);
  }
  // The compiler puts flags of its own in front.
  const own = program.v8Flags.length;
  compare("V8 flags", own === 0 ? [] : baked.v8Flags.slice(-own), program.v8Flags);
  compare("unstable features", baked.unstable, ["no-legacy-abort"]);
  compare("name", baked.appName, program.name);
  return differences;
}
