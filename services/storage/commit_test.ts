// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { commit, isInterrupted, recover, type Step } from "./commit.ts";
import { DISK, type Disk } from "./disk.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

interface Tree {
  /** Where the files are. */
  files: string;
  journal: string;
  /** Every file and link below `files`: content or target, mode and time. */
  all(): Record<string, string>;
}

/** A tree with two files to be changed, one to be removed, a link and a directory of a stranger. */
async function inTree(use: (tree: Tree) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  const files = `${root}/files`;
  const all = (directory = files): Record<string, string> => {
    const found: Record<string, string> = {};
    for (const { name, isDirectory, isSymlink } of Deno.readDirSync(directory)) {
      const path = `${directory}/${name}`;
      const { mode, mtime, uid } = Deno.lstatSync(path);
      const own = `${uid} ${((mode ?? 0) & 0o7777).toString(8)}`;
      if (isDirectory) Object.assign(found, { [path]: own }, all(path));
      else if (isSymlink) found[path] = `-> ${Deno.readLinkSync(path)}`;
      else found[path] = `${own} ${mtime?.getTime()} ${Deno.readTextFileSync(path)}`;
    }
    return found;
  };
  try {
    await Deno.mkdir(`${files}/dir`, { recursive: true });
    await Deno.writeTextFile(`${files}/a`, "old a", { mode: 0o640 });
    await Deno.writeTextFile(`${files}/gone`, "old gone", { mode: 0o600 });
    await Deno.symlink("a", `${files}/link`);
    for (const name of ["a", "gone"]) await Deno.utime(`${files}/${name}`, 1000, 1000);
    await use({ files, journal: `${root}/journal`, all });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

function steps(files: string): Step[] {
  const owner = { uid: Deno.uid() ?? 0, gid: Deno.gid() ?? 0 };
  const give = Deno.uid() === 0 ? { uid: 2501, gid: 2502 } : owner;
  return [
    { do: "write", path: `${files}/dir/b`, bytes: bytes("new b"), mode: 0o600, owner: give },
    { do: "write", path: `${files}/a`, bytes: bytes("new a"), mode: 0o600 },
    { do: "write", path: `${files}/link`, bytes: bytes("new link"), mode: 0o644 },
    { do: "remove", path: `${files}/gone` },
    { do: "remove", path: `${files}/never` },
    { do: "chown", path: `${files}/dir`, owner: give, mode: 0o700 },
    { do: "chown", path: `${files}/never`, owner: give },
  ];
}

/** Times are no part of what was wanted. */
function withoutTimes(all: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(all).map(([path, text]) => [path, text.replace(/^(\d+ \d+) \d+ /, "$1 ")]),
  );
}

/** A disk on which the power fails with the `at`th change: nothing of it and after it happens. */
function failingAt(at: number): { disk: Disk; hasFailed(): boolean } {
  let changes = 0;
  const step = (): void => {
    if (++changes > at) throw new Error("power failure");
  };
  const disk: Disk = {
    makeDirectory: (path) => (step(), DISK.makeDirectory(path)),
    replace: (path, content, options) => (step(), DISK.replace(path, content, options)),
    create: (path, content, options) => (step(), DISK.create(path, content, options)),
    link: (path, target) => (step(), DISK.link(path, target)),
    rename: (from, to) => (step(), DISK.rename(from, to)),
    remove: (path) => (step(), DISK.remove(path)),
    give: (path, owner, mode) => (step(), DISK.give(path, owner, mode)),
    setTime: (path, seconds) => (step(), DISK.setTime(path, seconds)),
    sync: (directory) => (step(), DISK.sync(directory)),
  };
  return { disk, hasFailed: () => changes > at };
}

Deno.test("all steps are done, and nothing is left behind", async () => {
  await inTree(async ({ files, journal, all }) => {
    const uid = Deno.uid() ?? 0;
    const given = uid === 0 ? 2501 : uid;
    await commit(steps(files), journal);
    assert.deepEqual(withoutTimes(all()), {
      [`${files}/a`]: `${uid} 600 new a`,
      [`${files}/dir`]: `${given} 700`,
      [`${files}/dir/b`]: `${given} 600 new b`,
      [`${files}/link`]: `${uid} 644 new link`,
    });
    assert.equal(await isInterrupted(journal), false);
    assert.equal(await recover(journal), false);
    await assert.rejects(Deno.lstat(journal), Deno.errors.NotFound);
  });
});

Deno.test("a power failure at any change leaves old or new files, and the next run one tree", async () => {
  let wanted: Record<string, string> = {};
  await inTree(async ({ files, journal, all }) => {
    await commit(steps(files), journal);
    wanted = relative(all(), files);
  });
  let failures = 0;
  for (let at = 0;; at++) {
    const { disk, hasFailed } = failingAt(at);
    await inTree(async ({ files, journal, all }) => {
      const before = relative(all(), files);
      await commit(steps(files), journal, disk).catch(() => {});
      for (const name of ["a", "gone", "link"]) {
        const found = relative(all(), files)[`/${name}`];
        const isWhole = found === before[`/${name}`] ||
          withoutTime(found) === withoutTime(wanted[`/${name}`]);
        assert.ok(isWhole, `${name} is ${found} after ${at} changes`);
      }
      await recover(journal);
      const after = relative(all(), files);
      if (JSON.stringify(after) === JSON.stringify(before)) failures++;
      else assert.deepEqual(withoutTimes(after), withoutTimes(wanted), `after ${at} changes`);
      await assert.rejects(Deno.lstat(journal), Deno.errors.NotFound);
    });
    if (!hasFailed()) break;
  }
  assert.ok(failures > 15, `${failures} failures were undone`);
});

Deno.test("a power failure at any change of the recovery is made good by the next", async () => {
  for (let at = 0;; at++) {
    const { disk, hasFailed } = failingAt(at);
    await inTree(async ({ files, journal, all }) => {
      const before = relative(all(), files);
      await interrupted(files, journal);
      await recover(journal, disk).catch(() => {});
      await recover(journal);
      assert.deepEqual(relative(all(), files), before, `after ${at} changes`);
    });
    if (!hasFailed()) break;
  }
});

/** Leaves a commit right before its end. */
async function interrupted(files: string, journal: string): Promise<void> {
  const { disk } = failingAt(Infinity);
  let isOver = false;
  const failing: Disk = {
    ...disk,
    remove: (path) => {
      isOver ||= path === `${journal}/record.json`;
      return isOver ? Promise.reject(new Error("power failure")) : disk.remove(path);
    },
  };
  await assert.rejects(commit(steps(files), journal, failing), /power failure/);
}

Deno.test("the next commit undoes an interrupted one first", async () => {
  await inTree(async ({ files, journal, all }) => {
    const before = relative(all(), files);
    await interrupted(files, journal);
    assert.equal(await isInterrupted(journal), true);
    assert.notDeepEqual(relative(all(), files), before);
    await commit([{ do: "remove", path: `${files}/gone` }], journal);
    const { "/gone": _, ...rest } = before;
    assert.deepEqual(relative(all(), files), rest);
  });
});

Deno.test("old contents are kept for their owner only", async () => {
  await inTree(async ({ files, journal }) => {
    await interrupted(files, journal);
    const modes = [".", "0", "1", "3", "record.json"].map((name) => {
      try {
        return ((Deno.statSync(`${journal}/${name}`).mode ?? 0) & 0o7777).toString(8);
      } catch {
        return "absent";
      }
    });
    assert.deepEqual(modes, ["700", "absent", "600", "600", "600"]);
    await recover(journal);
  });
});

Deno.test("a step that is not possible leaves everything as it was", async () => {
  await inTree(async ({ files, journal, all }) => {
    const before = all();
    for (
      const [bad, message] of [
        [
          { do: "write", path: `${files}/none/x`, bytes: bytes(""), mode: 0o600 },
          /could not create .*\/none\/x/,
        ],
        [{ do: "write", path: `${files}/dir`, bytes: bytes(""), mode: 0o600 }, /could not keep/],
      ] as const
    ) {
      await assert.rejects(commit([...steps(files), bad], journal), message);
      assert.deepEqual(all(), before);
    }
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
    await inTree(async ({ files, journal, all }) => {
      await Deno.mkdir(`${files}/small`);
      const before = all();
      const mount = new Deno.Command("mount", {
        args: ["-t", "tmpfs", "-o", options, "tmpfs", `${files}/small`],
      });
      assert.ok((await mount.output()).success);
      try {
        const large = bytes("x".repeat(20_000));
        const path = `${files}/small/large`;
        await assert.rejects(
          commit([...steps(files), { do: "write", path, bytes: large, mode: 0o600 }], journal),
          (error: Error) => {
            assert.equal(error.message, `could not create ${path}`);
            assert.match(String(error.cause), reason);
            return true;
          },
        );
        assert.deepEqual([...Deno.readDirSync(`${files}/small`)], []);
      } finally {
        await new Deno.Command("umount", { args: [`${files}/small`] }).output();
      }
      assert.deepEqual(all(), before);
    });
  });
}

Deno.test("a record that is damaged is named, and nothing is guessed", async () => {
  await inTree(async ({ files, journal, all }) => {
    await interrupted(files, journal);
    const before = all();
    await Deno.writeTextFile(`${journal}/record.json`, "{");
    await assert.rejects(
      recover(journal),
      /record\.json, the record of an interrupted run, is damaged/,
    );
    await assert.rejects(commit(steps(files), journal), /is damaged/);
    assert.deepEqual(all(), before);
  });
});

function relative(all: Record<string, string>, files: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(all).map(([path, text]) => [path.slice(files.length), text]).sort(),
  );
}

function withoutTime(text: string | undefined): string | undefined {
  return text?.replace(/^(\d+ \d+) \d+ /, "$1 ");
}
