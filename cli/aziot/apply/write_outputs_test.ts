// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { type Output, writeOutputs } from "./write_outputs.ts";

const output = (path: string, text: string): Output => ({
  path,
  bytes: new TextEncoder().encode(text),
  owner: undefined,
});

async function inDirectory(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await use(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const names = (directory: string) => Array.from(Deno.readDirSync(directory), (e) => e.name).sort();

Deno.test("files are written for their owner only, whatever was there before", async () => {
  await inDirectory(async (directory) => {
    await Deno.writeTextFile(`${directory}/b`, "old", { mode: 0o644 });
    const { changed } = await writeOutputs([
      output(`${directory}/a`, "one"),
      output(`${directory}/b`, "two"),
    ]);
    assert.deepEqual(changed, [`${directory}/a`, `${directory}/b`]);
    assert.deepEqual(names(directory), ["a", "b"]);
    for (const [name, text] of [["a", "one"], ["b", "two"]]) {
      assert.equal(await Deno.readTextFile(`${directory}/${name}`), text);
      const { mode } = await Deno.stat(`${directory}/${name}`);
      assert.equal((mode ?? 0) & 0o7777, 0o600);
    }
  });
});

Deno.test("a file that is as it should be stays and gets a new time", async () => {
  await inDirectory(async (directory) => {
    const path = `${directory}/a`;
    await writeOutputs([output(path, "one")]);
    await Deno.utime(path, 1000, 1000);
    const before = await Deno.stat(path);
    const { changed, unchanged } = await writeOutputs([output(path, "one")]);
    assert.deepEqual([changed, unchanged], [[], [path]]);
    const after = await Deno.stat(path);
    assert.equal(after.ino, before.ino);
    assert.ok((after.mtime?.getTime() ?? 0) > 1_000_000);
    assert.deepEqual(names(directory), ["a"]);
  });
});

Deno.test("a file that others can read is replaced though its content is right", async () => {
  await inDirectory(async (directory) => {
    const path = `${directory}/a`;
    await Deno.writeTextFile(path, "one");
    await Deno.chmod(path, 0o644);
    assert.deepEqual((await writeOutputs([output(path, "one")])).changed, [path]);
    assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o7777, 0o600);
  });
});

Deno.test("a link is replaced and what it points to stays", async () => {
  await inDirectory(async (directory) => {
    await Deno.writeTextFile(`${directory}/real`, "one");
    await Deno.symlink("real", `${directory}/a`);
    await writeOutputs([output(`${directory}/a`, "two")]);
    assert.equal(await Deno.readTextFile(`${directory}/real`), "one");
    assert.ok((await Deno.lstat(`${directory}/a`)).isFile);
  });
});

Deno.test("when one directory is not there nothing is changed anywhere", async () => {
  await inDirectory(async (directory) => {
    await Deno.writeTextFile(`${directory}/a`, "old");
    await assert.rejects(
      writeOutputs([output(`${directory}/a`, "new"), output(`${directory}/none/b`, "new")]),
      { message: `could not create ${directory}/none/b` },
    );
    assert.deepEqual(names(directory), ["a"]);
    assert.equal(await Deno.readTextFile(`${directory}/a`), "old");
  });
});

for (
  const [what, options, reason] of [
    ["full", "size=8k", /No space left on device/],
    ["read-only", "ro", /Read-only file system/],
  ] as const
) {
  Deno.test(`when one file system is ${what} nothing is changed anywhere`, {
    ignore: Deno.uid() !== 0,
  }, async () => {
    await inDirectory(async (directory) => {
      await Deno.mkdir(`${directory}/small`);
      const mount = new Deno.Command("mount", {
        args: ["-t", "tmpfs", "-o", options, "tmpfs", `${directory}/small`],
      });
      assert.ok((await mount.output()).success);
      try {
        await Deno.writeTextFile(`${directory}/a`, "old");
        await assert.rejects(
          writeOutputs([
            output(`${directory}/a`, "new"),
            output(`${directory}/small/b`, "x".repeat(20_000)),
          ]),
          (error: Error) => {
            assert.equal(error.message, `could not create ${directory}/small/b`);
            assert.match(String(error.cause), reason);
            return true;
          },
        );
        assert.deepEqual(names(directory), ["a", "small"]);
        assert.deepEqual(names(`${directory}/small`), []);
        assert.equal(await Deno.readTextFile(`${directory}/a`), "old");
      } finally {
        await new Deno.Command("umount", { args: [`${directory}/small`] }).output();
      }
    });
  });
}
