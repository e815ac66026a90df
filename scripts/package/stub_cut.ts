// SPDX-License-Identifier: MIT

import { readElf } from "./elf.ts";

const PAGE = 4096;
const SECTION_HEADER_SIZE = 64;
const ADDED = [".sui.phdrs", ".note.sui"];

/**
 * Takes the program out of an executable that `deno compile` made: what is left is the stub it was
 * made of, byte for byte. The program was added as two sections behind the old end of the file, and
 * four fields of the header were changed. Throws when `compiled` is no such file.
 */
export function cutStub(compiled: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const { sections, programHeaders, sectionHeaders } = readElf(compiled);
  const added = sections.slice(-ADDED.length);
  const [first] = added;
  if (first === undefined || added.some(({ name }, index) => name !== ADDED[index])) {
    throw new Error("no executable made by deno compile: its last sections are not the program's");
  }
  const count = sectionHeaders.count - ADDED.length;
  const table = oldTable(compiled, sectionHeaders.offset, count, first.offset);
  const stub = compiled.slice(0, table + count * SECTION_HEADER_SIZE);
  const view = new DataView(stub.buffer);
  // The program headers had their usual place right behind the header of the file.
  view.setBigUint64(32, 64n, true);
  view.setUint16(56, programHeaders.count - ADDED.length, true);
  view.setBigUint64(40, BigInt(table), true);
  view.setUint16(60, count, true);
  return stub;
}

/** Where the section table was: the last thing before the page at which the program begins. */
function oldTable(bytes: Uint8Array, newTable: number, count: number, program: number): number {
  const size = count * SECTION_HEADER_SIZE;
  // The first two entries were taken over as they are: the empty one and the loader's name.
  const head = bytes.subarray(newTable, newTable + 2 * SECTION_HEADER_SIZE);
  for (let at = program - size; at > program - size - PAGE; at--) {
    if (at % 8 === 0 && head.every((byte, offset) => bytes[at + offset] === byte)) return at;
  }
  throw new Error("no executable made by deno compile: its old section table is not to be found");
}
