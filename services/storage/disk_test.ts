// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { DISK, readUnlinked } from "./disk.ts";

interface Place {
  /** A path in a directory that a stranger may write to. */
  path: string;
  /** A file of mode 0600 and time 1000 that nothing may be done to. */
  victim: string;
}

async function inPlace(use: (place: Place) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  const victim = `${root}/victim`;
  try {
    await Deno.writeTextFile(victim, "secret", { mode: 0o600 });
    await Deno.utime(victim, 1000, 1000);
    const before = await Deno.lstat(victim);
    await use({ path: `${root}/file`, victim });
    const { mode, uid, gid, mtime } = await Deno.lstat(victim);
    assert.deepEqual([mode, uid, gid, mtime], [before.mode, before.uid, before.gid, before.mtime]);
    assert.equal(await Deno.readTextFile(victim), "secret");
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const isRoot = Deno.uid() === 0;
const owner = isRoot ? { uid: 2501, gid: 2502 } : { uid: Deno.uid() ?? 0, gid: Deno.gid() ?? 0 };

/** A content at whose writing somebody puts a link in the place of the file. */
class Swapping extends Uint8Array<ArrayBuffer> {
  swap = () => {};

  override subarray(begin?: number, end?: number): Uint8Array<ArrayBuffer> {
    this.swap();
    return new Uint8Array(this).subarray(begin, end);
  }
}

Deno.test("a link put in the place of a new file does not get the file's owner and bits", async () => {
  for (const options of [{ mode: 0o666 }, { mode: 0o600, owner }, { mode: 0o666, owner }]) {
    await inPlace(async ({ path, victim }) => {
      const bytes = new Swapping(new ArrayBuffer(3));
      bytes.swap = () => {
        Deno.removeSync(path);
        Deno.symlinkSync(victim, path);
      };
      await assert.rejects(
        DISK.create(path, bytes, options),
        /something else was put in the place/,
      );
    });
  }
});

Deno.test("a new file gets its owner and bits whatever the umask", async () => {
  await inPlace(async ({ path }) => {
    await DISK.create(path, new Uint8Array([1]), { mode: 0o666, owner });
    const { mode, uid, gid } = await Deno.lstat(path);
    assert.deepEqual([(mode ?? 0) & 0o7777, uid, gid], [0o666, owner.uid, owner.gid]);
  });
});

Deno.test("bits and time are never set where a link leads", async () => {
  await inPlace(async ({ path, victim }) => {
    await Deno.symlink(victim, path);
    await DISK.give(path, owner, 0o666);
    await DISK.setTime(path, 5000);
    const { isSymlink, uid, mtime } = await Deno.lstat(path);
    assert.deepEqual([isSymlink, uid, mtime?.getTime()], [true, owner.uid, 5_000_000]);
  });
});

Deno.test("a directory and a file get the bits they are given, what is gone does not matter", async () => {
  await inPlace(async ({ path }) => {
    await DISK.give(path, owner, 0o750);
    await Deno.mkdir(path);
    await Deno.writeTextFile(`${path}/inner`, "");
    for (const at of [`${path}/inner`, path]) {
      await DISK.give(at, owner, 0o750);
      const { mode, uid } = await Deno.lstat(at);
      assert.deepEqual([(mode ?? 0) & 0o7777, uid], [0o750, owner.uid]);
    }
  });
});

Deno.test("a content is not read through a link", async () => {
  await inPlace(async ({ path, victim }) => {
    await Deno.symlink(victim, path);
    await assert.rejects(readUnlinked(path), /something else was put in the place/);
    assert.equal(new TextDecoder().decode(await readUnlinked(victim)), "secret");
  });
});
