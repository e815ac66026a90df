// SPDX-License-Identifier: MIT

import type { Machine } from "./machine.ts";

/**
 * A secret from a file, `-` being standard input, without white space around it: so it needs to
 * stand neither on a command line nor in a process list.
 */
export async function secretText(file: string, machine: Machine): Promise<string> {
  if (file === "-") return (await machine.readStdin()).trim();
  try {
    return (await Deno.readTextFile(file)).trim();
  } catch (cause) {
    throw new Error(`could not read ${file}`, { cause });
  }
}
