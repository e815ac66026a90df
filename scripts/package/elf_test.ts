// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { staticProblem } from "./denort.ts";
import { readElf } from "./elf.ts";
import { ownArchitecture } from "./machine.ts";
import { cutStub } from "./stub_cut.ts";

/** An ELF file of two sections, `.interp` and the names, and nothing else. */
function elf(): Uint8Array<ArrayBuffer> {
  const names = new TextEncoder().encode("\0.interp\0.shstrtab\0.sui.phdrs\0.note.sui\0");
  const bytes = new Uint8Array(8192);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x7f454c46);
  bytes[4] = 2;
  bytes[5] = 1;
  view.setUint16(18, 0x3e, true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(56, 3, true);
  bytes.set(names, 200);
  section(view, 400, 1, 1, 240, 8);
  section(view, 400, 2, 9, 200, names.length);
  view.setBigUint64(40, 400n, true);
  view.setUint16(60, 3, true);
  view.setUint16(62, 2, true);
  return bytes.slice(0, 400 + 3 * 64);
}

function section(
  view: DataView,
  table: number,
  at: number,
  name: number,
  offset: number,
  size: number,
) {
  view.setUint32(table + at * 64, name, true);
  view.setBigUint64(table + at * 64 + 24, BigInt(offset), true);
  view.setBigUint64(table + at * 64 + 32, BigInt(size), true);
}

/** The same file as `deno compile` extends it: a page further on, with two sections more. */
function compiled(): Uint8Array<ArrayBuffer> {
  const stub = elf();
  const bytes = new Uint8Array(4096 + 64 + 5 * 64);
  bytes.set(stub);
  bytes.set(stub.subarray(400), 4096 + 64);
  const view = new DataView(bytes.buffer);
  section(view, 4096 + 64, 3, 19, 4096, 32);
  section(view, 4096 + 64, 4, 30, 4128, 32);
  view.setBigUint64(32, 4096n, true);
  view.setUint16(56, 5, true);
  view.setBigUint64(40, BigInt(4096 + 64), true);
  view.setUint16(60, 5, true);
  return bytes;
}

Deno.test("machine and sections of an ELF file are read", () => {
  const { architecture, sections } = readElf(elf());
  assert.equal(architecture, "amd64");
  assert.deepEqual(sections.map(({ name, offset }) => [name, offset]), [
    ["", 0],
    [".interp", 240],
    [".shstrtab", 200],
  ]);
});

Deno.test("this machine's runtime is for this machine", async () => {
  const file = await Deno.readFile(Deno.execPath());
  assert.equal(readElf(file).architecture, ownArchitecture());
});

Deno.test("a text, a file cut off and one for another kind of machine are refused", () => {
  assert.throws(() => readElf(new TextEncoder().encode("#!/bin/sh\n")), /no ELF file/);
  assert.throws(() => readElf(elf().slice(0, 500)), /cut off/);
  const arm = elf();
  new DataView(arm.buffer).setUint16(18, 0x28, true);
  assert.throws(() => readElf(arm), /an ELF file for machine 40/);
  const narrow = elf();
  narrow[4] = 1;
  assert.throws(() => readElf(narrow), /no 64-bit/);
});

Deno.test("a stub with a program inside or for another machine is refused by its headers", () => {
  assert.equal(staticProblem(readElf(elf()), "amd64"), undefined);
  assert.match(staticProblem(readElf(elf()), "arm64") ?? "", /for amd64, not for arm64/);
  assert.match(staticProblem(readElf(compiled()), "amd64") ?? "", /contains a program already/);
});

Deno.test("a program is cut out of an executable, and the stub is left byte for byte", () => {
  assert.deepEqual(cutStub(compiled()), elf());
});

Deno.test("nothing is cut out of a file that holds no program", () => {
  assert.throws(() => cutStub(elf()), /its last sections are not the program's/);
});
