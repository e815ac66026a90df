// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { commit } from "../../../services/storage/commit.ts";
import { MadeDirectories, secretsDirectorySteps } from "./directories.ts";

async function inDirectory(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await use(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const modeOf = async (path: string) => ((await Deno.stat(path)).mode ?? 0) & 0o7777;

Deno.test("a missing directory is private, those above it are for all", async () => {
  await inDirectory(async (base) => {
    await new MadeDirectories().ensurePrivate(`${base}/a/b/c`, undefined);
    assert.equal(await modeOf(`${base}/a`), 0o755);
    assert.equal(await modeOf(`${base}/a/b`), 0o755);
    assert.equal(await modeOf(`${base}/a/b/c`), 0o700);
  });
});

Deno.test("a directory that is there keeps its mode, also behind a link", async () => {
  await inDirectory(async (base) => {
    await Deno.mkdir(`${base}/elsewhere/c`, { recursive: true });
    await Deno.chmod(`${base}/elsewhere/c`, 0o750);
    await Deno.symlink("elsewhere", `${base}/a`);
    await new MadeDirectories().ensurePrivate(`${base}/a/c`, undefined);
    assert.equal(await modeOf(`${base}/a/c`), 0o750);
  });
});

Deno.test("what was made for nothing is taken back, what was there stays", async () => {
  await inDirectory(async (base) => {
    await Deno.mkdir(`${base}/a`);
    const made = new MadeDirectories();
    await made.ensurePrivate(`${base}/a/b/c`, undefined);
    await made.undo();
    assert.deepEqual([...Deno.readDirSync(base)].map(({ name }) => name), ["a"]);
    assert.deepEqual([...Deno.readDirSync(`${base}/a`)], []);
  });
});

Deno.test("a file in the way is an error that names it", async () => {
  await inDirectory(async (base) => {
    await Deno.writeTextFile(`${base}/a`, "");
    await assert.rejects(new MadeDirectories().ensurePrivate(`${base}/a/b`, undefined), {
      message: `could not create ${base}/a`,
    });
  });
});

Deno.test(
  "a service gets its secrets and a way to them",
  { ignore: Deno.uid() !== 0 },
  async () => {
    await inDirectory(async (base) => {
      const path = `${base}/var/secrets/aziot/keyd`;
      await Deno.mkdir(path, { recursive: true });
      await Deno.chmod(`${base}/var`, 0o711);
      await Deno.chmod(`${base}/var/secrets`, 0o700);
      await Deno.chmod(`${base}/var/secrets/aziot`, 0o750);
      await Deno.chown(`${base}/var/secrets/aziot`, 0, 4711);
      await Deno.chmod(base, 0o700);

      const user = { uid: 4242, gid: 4242, groups: [4242, 4711] };
      await commit(await secretsDirectorySteps(path, user, base), `${base}/journal`);
      const { uid, gid } = await Deno.stat(path);
      assert.deepEqual([uid, gid, await modeOf(path)], [4242, 4242, 0o700]);
      assert.equal(await modeOf(`${base}/var/secrets/aziot`), 0o750);
      assert.equal(await modeOf(`${base}/var/secrets`), 0o705);
      assert.equal(await modeOf(`${base}/var`), 0o715);
      assert.equal(await modeOf(base), 0o705);
    });
  },
);
