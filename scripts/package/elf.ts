// SPDX-License-Identifier: MIT

/** Reads as much of a 64-bit little-endian ELF file as telling stubs and programs apart takes. */

import type { Architecture } from "./options.ts";

/** A section: its name and where its bytes are in the file. */
export interface Section {
  name: string;
  offset: number;
  size: number;
}

/** The header fields that appending a section changes. */
export interface ElfFile {
  architecture: Architecture;
  sections: Section[];
  /** File offset of the program headers and their number. */
  programHeaders: { offset: number; count: number };
  /** File offset of the section headers and their number. */
  sectionHeaders: { offset: number; count: number };
}

const MACHINES: Record<number, Architecture> = { 0x3e: "amd64", 0xb7: "arm64" };
const SECTION_HEADER_SIZE = 64;

/** Reads the headers of `bytes`; throws an `Error` that says what is wrong with the file. */
export function readElf(bytes: Uint8Array): ElfFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 64 || view.getUint32(0) !== 0x7f454c46) throw new Error("no ELF file");
  if (bytes[4] !== 2 || bytes[5] !== 1) throw new Error("no 64-bit little-endian ELF file");
  const machine = view.getUint16(18, true);
  const architecture = MACHINES[machine];
  if (architecture === undefined) throw new Error(`an ELF file for machine ${machine}`);

  const programHeaders = { offset: word(view, 32), count: view.getUint16(56, true) };
  const sectionHeaders = { offset: word(view, 40), count: view.getUint16(60, true) };
  const end = sectionHeaders.offset + sectionHeaders.count * SECTION_HEADER_SIZE;
  if (end > bytes.length) throw new Error("an ELF file that is cut off");

  const header = (index: number) => sectionHeaders.offset + index * SECTION_HEADER_SIZE;
  const names = sectionHeaders.count === 0
    ? new Uint8Array()
    : content(bytes, view, header(view.getUint16(62, true)));
  const sections: Section[] = [];
  for (let index = 0; index < sectionHeaders.count; index++) {
    const at = header(index);
    sections.push({
      name: text(names, view.getUint32(at, true)),
      offset: word(view, at + 24),
      size: word(view, at + 32),
    });
  }
  return { architecture, sections, programHeaders, sectionHeaders };
}

function word(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

function content(bytes: Uint8Array, view: DataView, header: number): Uint8Array {
  if (header + SECTION_HEADER_SIZE > bytes.length) throw new Error("an ELF file that is cut off");
  const offset = word(view, header + 24);
  return bytes.subarray(offset, offset + word(view, header + 32));
}

function text(names: Uint8Array, at: number): string {
  const end = names.indexOf(0, at);
  return new TextDecoder().decode(names.subarray(at, end < 0 ? names.length : end));
}
