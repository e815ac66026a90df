// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { removeFile, removeLeftovers, replaceFile } from "./replace_file.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

async function inDirectory(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await use(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const names = (directory: string) => Array.from(Deno.readDirSync(directory), (e) => e.name).sort();

Deno.test("a file is made and replaced with its mode, and nothing else is left", async () => {
  await inDirectory(async (directory) => {
    const path = `${directory}/state`;
    for (const [text, mode] of [["one", 0o600], ["two", 0o644], ["", 0o400]] as const) {
      await replaceFile(path, bytes(text), { mode });
      assert.equal(await Deno.readTextFile(path), text);
      assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o7777, mode);
    }
    assert.deepEqual(names(directory), ["state"]);
  });
});

Deno.test("a large file arrives whole", async () => {
  await inDirectory(async (directory) => {
    const content = crypto.getRandomValues(new Uint8Array(60_000));
    await replaceFile(`${directory}/large`, content, { mode: 0o600 });
    assert.deepEqual(await Deno.readFile(`${directory}/large`), content);
  });
});

Deno.test("a missing directory is an error that names the file", async () => {
  await inDirectory(async (directory) => {
    const path = `${directory}/none/state`;
    await assert.rejects(replaceFile(path, bytes("x"), { mode: 0o600 }), (error: Error) => {
      assert.match(error.message, /^could not write .*\/none\/state: /);
      return true;
    });
  });
});

Deno.test("a failed rename keeps what was there and leaves no temporary file", async () => {
  await inDirectory(async (directory) => {
    await Deno.mkdir(`${directory}/state/inside`, { recursive: true });
    await assert.rejects(replaceFile(`${directory}/state`, bytes("x"), { mode: 0o600 }));
    assert.deepEqual(names(directory), ["state"]);
    assert.deepEqual(names(`${directory}/state`), ["inside"]);
  });
});

Deno.test("a full disk keeps the old file, says so, and leaves no temporary file", {
  ignore: Deno.uid() !== 0,
}, async () => {
  await inDirectory(async (directory) => {
    const mount = (args: string[]) =>
      new Deno.Command("mount", { args, stderr: "inherit" }).outputSync().success;
    assert.ok(mount(["-t", "tmpfs", "-o", "size=64k", "tmpfs", directory]));
    try {
      await replaceFile(`${directory}/state`, bytes("old"), { mode: 0o600 });
      await assert.rejects(
        replaceFile(`${directory}/state`, new Uint8Array(100_000), { mode: 0o600 }),
        /could not write .*\/state: no space left on the device/,
      );
      assert.equal(await Deno.readTextFile(`${directory}/state`), "old");
      assert.deepEqual(names(directory), ["state"]);
    } finally {
      new Deno.Command("umount", { args: [directory] }).outputSync();
    }
  });
});

Deno.test("a file is removed once", async () => {
  await inDirectory(async (directory) => {
    await replaceFile(`${directory}/state`, bytes("x"), { mode: 0o600 });
    assert.equal(await removeFile(`${directory}/state`), true);
    assert.equal(await removeFile(`${directory}/state`), false);
  });
});

Deno.test("leftovers of interrupted writes are removed, other files stay", async () => {
  await inDirectory(async (directory) => {
    for (const name of [".0123456789abcdef.tmp", ".user.tmp", "state", "0123456789abcdef.tmp"]) {
      await Deno.writeTextFile(`${directory}/${name}`, "");
    }
    await removeLeftovers(directory);
    assert.deepEqual(names(directory), [".user.tmp", "0123456789abcdef.tmp", "state"]);
    await removeLeftovers(`${directory}/none`);
  });
});

Deno.test("where others may be writing, only old leftovers are removed", async () => {
  await inDirectory(async (directory) => {
    const [old, young] = [".0123456789abcdef.tmp", ".fedcba9876543210.tmp"];
    for (const name of [old, young]) await Deno.writeTextFile(`${directory}/${name}`, "");
    const before = new Date(Date.now() - 120_000);
    await Deno.utime(`${directory}/${old}`, before, before);
    await removeLeftovers(directory, { olderThanMs: 60_000 });
    assert.deepEqual(names(directory), [young]);
  });
});
