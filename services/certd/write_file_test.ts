// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { inDirectory, isRoot, run } from "./test_directory.ts";
import { writeFile } from "./write_file.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const names = (directory: string) =>
  [...Deno.readDirSync(directory)].map(({ name }) => name).sort();

Deno.test("a new file is readable by all and nothing is left beside it", async () => {
  await inDirectory(async (directory) => {
    await writeFile(`${directory}/a.pem`, bytes("new"));
    assert.equal(await Deno.readTextFile(`${directory}/a.pem`), "new");
    assert.equal(((await Deno.stat(`${directory}/a.pem`)).mode ?? 0) & 0o777, 0o644);
    assert.deepEqual(names(directory), ["a.pem"]);
  });
});

Deno.test("an existing file is replaced in one step and keeps its mode", async () => {
  await inDirectory(async (directory) => {
    const path = `${directory}/a.pem`;
    await Deno.writeTextFile(path, "old");
    await Deno.chmod(path, 0o640);
    const before = await Deno.stat(path);
    await writeFile(path, bytes("new"));
    const after = await Deno.stat(path);
    assert.equal(await Deno.readTextFile(path), "new");
    assert.notEqual(after.ino, before.ino);
    assert.equal((after.mode ?? 0) & 0o777, 0o640);
  });
});

Deno.test("an existing file keeps its owner", { ignore: !isRoot }, async () => {
  await inDirectory(async (directory) => {
    const path = `${directory}/a.pem`;
    await Deno.writeTextFile(path, "old");
    await Deno.chown(path, 4711, 4712);
    await writeFile(path, bytes("new"));
    const { uid, gid } = await Deno.stat(path);
    assert.deepEqual([uid, gid], [4711, 4712]);
  });
});

Deno.test("a link goes on leading to its file, which gets the content", async () => {
  await inDirectory(async (directory) => {
    await Deno.mkdir(`${directory}/real`);
    await Deno.writeTextFile(`${directory}/real/a.pem`, "old");
    await Deno.symlink("real/a.pem", `${directory}/link.pem`);
    await writeFile(`${directory}/link.pem`, bytes("new"));
    assert.equal(await Deno.readTextFile(`${directory}/real/a.pem`), "new");
    assert.ok((await Deno.lstat(`${directory}/link.pem`)).isSymlink);
  });
});

Deno.test("what is no regular file is left as it is, and named", async () => {
  await inDirectory(async (directory) => {
    await Deno.mkdir(`${directory}/directory`);
    run("mkfifo", `${directory}/fifo`);
    await Deno.symlink("fifo", `${directory}/to-fifo`);
    await Deno.symlink("nowhere", `${directory}/to-nothing`);
    const before = names(directory);
    const rows: [name: string, message: RegExp][] = [
      ["directory", /could not write .*\/directory: a directory is there, not a regular file/],
      ["fifo", /could not write .*\/fifo: a FIFO is there, not a regular file/],
      ["to-fifo", /could not write .*\/to-fifo: a FIFO is there, not a regular file/],
      ["to-nothing", /could not write .*\/to-nothing: .*No such file/],
      ["missing/a.pem", /could not write .*\/missing\/a.pem: .*No such file/],
    ];
    for (const [name, message] of rows) {
      await assert.rejects(writeFile(`${directory}/${name}`, bytes("new")), message);
    }
    assert.deepEqual(names(directory), before);
    assert.ok((await Deno.lstat(`${directory}/fifo`)).isFifo);
  });
});

/** A file that is mounted by itself cannot be replaced, only rewritten. */
async function onMountedFile(
  size: string,
  use: (path: string) => Promise<void>,
): Promise<void> {
  await inDirectory(async (directory) => {
    const [disk, path] = [`${directory}/disk`, `${directory}/a.pem`];
    await Deno.mkdir(disk);
    run("mount", "-t", "tmpfs", "-o", `size=${size}`, "tmpfs", disk);
    try {
      await Deno.writeTextFile(`${disk}/a.pem`, "old, and long enough");
      await Deno.writeTextFile(path, "");
      run("mount", "--bind", `${disk}/a.pem`, path);
      try {
        await use(path);
      } finally {
        run("umount", path);
      }
    } finally {
      run("umount", disk);
    }
  });
}

Deno.test("a file that cannot be replaced is rewritten in place", { ignore: !isRoot }, async () => {
  await onMountedFile("64k", async (path) => {
    const before = await Deno.stat(path);
    await writeFile(path, bytes("new"));
    assert.equal(await Deno.readTextFile(path), "new");
    assert.equal((await Deno.stat(path)).ino, before.ino);
    await writeFile(path, bytes("new and longer than what was there before"));
    assert.equal(await Deno.readTextFile(path), "new and longer than what was there before");
  });
});

Deno.test("a rewrite that finds the disk full puts the old content back", {
  ignore: !isRoot,
}, async () => {
  await onMountedFile("16k", async (path) => {
    await assert.rejects(
      writeFile(path, new Uint8Array(100_000)),
      /could not write .*a\.pem: .*[Nn]o space left/,
    );
    assert.equal(await Deno.readTextFile(path), "old, and long enough");
  });
});
