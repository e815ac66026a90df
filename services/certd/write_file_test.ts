// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { OwnDirectories, type PathGuard } from "./own_directories.ts";
import { inDirectory, isRoot, run } from "./test_directory.ts";
import { writeFile } from "./write_file.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const write = (path: string, content: Uint8Array, guard: PathGuard = new OwnDirectories([])) =>
  writeFile(path, content, guard);
const names = (directory: string) =>
  [...Deno.readDirSync(directory)].map(({ name }) => name).sort();

Deno.test("a new file is readable by all and nothing is left beside it", async () => {
  await inDirectory(async (directory) => {
    await write(`${directory}/a.pem`, bytes("new"));
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
    await write(path, bytes("new"));
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
    await write(path, bytes("new"));
    const { uid, gid } = await Deno.stat(path);
    assert.deepEqual([uid, gid], [4711, 4712]);
  });
});

Deno.test("a link goes on leading to its file, which gets the content", async () => {
  await inDirectory(async (directory) => {
    await Deno.mkdir(`${directory}/real`);
    await Deno.writeTextFile(`${directory}/real/a.pem`, "old");
    await Deno.symlink("real/a.pem", `${directory}/link.pem`);
    await write(`${directory}/link.pem`, bytes("new"));
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
      await assert.rejects(write(`${directory}/${name}`, bytes("new")), message);
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
    await write(path, bytes("new"));
    assert.equal(await Deno.readTextFile(path), "new");
    assert.equal((await Deno.stat(path)).ino, before.ino);
    await write(path, bytes("new and longer than what was there before"));
    assert.equal(await Deno.readTextFile(path), "new and longer than what was there before");
  });
});

Deno.test("a rewrite that finds the disk full puts the old content back", {
  ignore: !isRoot,
}, async () => {
  await onMountedFile("16k", async (path) => {
    await assert.rejects(
      write(path, new Uint8Array(100_000)),
      /could not write .*a\.pem: .*[Nn]o space left/,
    );
    assert.equal(await Deno.readTextFile(path), "old, and long enough");
  });
});

/** Refuses as the service does, and does something once, after its first look. */
class SwappedAfterLook extends OwnDirectories {
  #swap: (() => void) | undefined;

  constructor(directories: readonly string[], swap: () => void) {
    super(directories);
    this.#swap = swap;
  }

  override async resolve(path: string): Promise<string> {
    const real = await super.resolve(path);
    this.#swap?.();
    this.#swap = undefined;
    return real;
  }
}

/** A directory of the service beside one of somebody else, with a file of the same name in each. */
async function inTwoDirectories(use: (own: string, user: string) => Promise<void>): Promise<void> {
  await inDirectory(async (directory) => {
    const [own, user] = [`${directory}/own`, `${directory}/user`];
    for (const each of [own, user]) {
      await Deno.mkdir(each);
      await Deno.writeTextFile(`${each}/a.pem`, each);
    }
    await use(own, user);
    assert.deepEqual(names(own), ["a.pem"]);
    assert.equal(await Deno.readTextFile(`${own}/a.pem`), own);
  });
}

Deno.test("no link from outside leads a write into a directory of the service", async () => {
  await inTwoDirectories(async (own, user) => {
    await Deno.symlink("../own/a.pem", `${user}/file`);
    await Deno.symlink("file", `${user}/link-of-link`);
    await Deno.symlink("../own", `${user}/directory`);
    for (const name of ["file", "link-of-link", "directory/a.pem", "directory/new.pem"]) {
      await assert.rejects(
        write(`${user}/${name}`, bytes("new"), new OwnDirectories([`${own}/`])),
        new RegExp(`could not write ${user}/${name}: a link on the way leads into ${own}, which`),
      );
    }
  });
});

Deno.test("a directory that is swapped after it was checked gets nothing", async () => {
  await inTwoDirectories(async (own, user) => {
    for (const name of ["a.pem", "new.pem"]) {
      const guard = new SwappedAfterLook([own], () => {
        Deno.renameSync(user, `${user}-before`);
        Deno.symlinkSync("own", user);
      });
      await assert.rejects(
        write(`${user}/${name}`, bytes("new"), guard),
        /could not write .*: a link on the way leads into/,
      );
      await Deno.remove(user);
      await Deno.rename(`${user}-before`, user);
      assert.equal(await Deno.readTextFile(`${user}/a.pem`), user);
      assert.deepEqual(names(user), ["a.pem"]);
    }
  });
});

Deno.test("a file that is swapped before it is rewritten in place is left as it is", {
  ignore: !isRoot,
}, async () => {
  await onMountedFile("64k", async (path) => {
    const other = `${path}.other`;
    await Deno.writeTextFile(other, "other");
    let looks = 0;
    const guard: PathGuard = {
      isOwn: () => false,
      checkOpen: (file) => new OwnDirectories([]).checkOpen(file),
      async resolve(path) {
        // The second look is the last one before the file itself is opened.
        if (++looks === 2) run("mount", "--bind", other, path.replace(/[^/]*$/, "a.pem"));
        return await Deno.realPath(path);
      },
    };
    try {
      await assert.rejects(write(path, bytes("new"), guard), /something else was put there/);
    } finally {
      run("umount", path);
    }
    assert.equal(await Deno.readTextFile(other), "other");
    assert.equal(await Deno.readTextFile(path), "old, and long enough");
  });
});

Deno.test("a file of the service that is not found out before is not rewritten in place", {
  ignore: !isRoot,
}, async () => {
  await inTwoDirectories(async (own, user) => {
    run("mount", "--bind", `${own}/a.pem`, `${user}/a.pem`);
    try {
      await assert.rejects(
        write(`${user}/a.pem`, bytes("new"), new OwnDirectories([own])),
        /could not write .*\/user\/a\.pem: it is a file of .*\/own/,
      );
    } finally {
      run("umount", `${user}/a.pem`);
    }
  });
});
