// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { CertificateFiles } from "./certificate_files.ts";
import { OwnDirectories, type PathGuard } from "./own_directories.ts";
import { inDirectory, run } from "./test_directory.ts";

/** Time that passes when the test says so, from a minute ahead: every file is an old one. */
class TestClock {
  #passed = 0;

  date(): number {
    return Date.now() + 60_000;
  }

  passed(): number {
    return this.#passed;
  }

  /** Longer than one look at a file counts. */
  advance(): void {
    this.#passed += 1;
  }
}

Deno.test("a file is read as it is, byte for byte", async () => {
  await inDirectory(async (directory) => {
    const files = new CertificateFiles();
    const path = `${directory}/a.cer`;
    for (const text of ["", "\ufeffü\0\r\n", "x".repeat(100_000), "x"]) {
      await Deno.writeTextFile(path, text);
      assert.equal(await files.read(path), text);
    }
  });
});

Deno.test("a file that is kept is answered at once, and any change of it is seen", async () => {
  await inDirectory(async (directory) => {
    const clock = new TestClock();
    const files = new CertificateFiles(clock);
    const path = `${directory}/a.cer`;
    await Deno.writeTextFile(path, "one");
    assert.equal(await files.read(path), "one");
    assert.equal(files.read(path), "one");

    await Deno.writeTextFile(`${directory}/b.cer`, "two");
    await Deno.rename(`${directory}/b.cer`, path);
    clock.advance();
    assert.equal(await files.read(path), "two");
    assert.equal(files.read(path), "two");

    await Deno.writeTextFile(path, "three");
    clock.advance();
    assert.equal(await files.read(path), "three");

    await Deno.remove(path);
    clock.advance();
    assert.equal(await files.read(path), undefined);
  });
});

Deno.test("one look at a file does for a burst of reads, but not after a write of ours", async () => {
  await inDirectory(async (directory) => {
    const files = new CertificateFiles(new TestClock());
    const path = `${directory}/a.cer`;
    await Deno.writeTextFile(path, "one");
    assert.equal(await files.read(path), "one");
    assert.equal(files.read(path), "one");
    await files.write(path, "own");
    assert.equal(await files.read(path), "own");
    await files.remove(path);
    assert.equal(await files.read(path), undefined);
  });
});

Deno.test("a file that was changed just now is read each time", async () => {
  await inDirectory(async (directory) => {
    const files = new CertificateFiles();
    const path = `${directory}/a.cer`;
    await Deno.writeTextFile(path, "one");
    assert.equal(await files.read(path), "one");
    const again = files.read(path);
    assert.ok(again instanceof Promise);
    assert.equal(await again, "one");
  });
});

Deno.test("only so much is kept, and nothing large", async () => {
  await inDirectory(async (directory) => {
    const files = new CertificateFiles(new TestClock());
    const isKept = async (name: string) => {
      const answer = files.read(`${directory}/${name}`);
      await answer;
      return !(answer instanceof Promise);
    };
    await Deno.writeTextFile(`${directory}/large`, "x".repeat(64 * 1024 + 1));
    assert.ok(!await isKept("large"));
    assert.ok(!await isKept("large"));

    for (let count = 0; count < 40; count++) {
      await Deno.writeTextFile(`${directory}/${count}`, "x".repeat(64 * 1024));
      await files.read(`${directory}/${count}`);
    }
    assert.ok(await isKept("39"));
    assert.ok(await isKept("8"));
    assert.ok(!await isKept("7"));
  });
});

Deno.test("what cannot be read is an error that names the path", async () => {
  await inDirectory(async (directory) => {
    const files = new CertificateFiles();
    await Deno.mkdir(`${directory}/directory`);
    run("mkfifo", `${directory}/fifo`);
    await Deno.writeFile(`${directory}/bytes`, Uint8Array.of(0xff, 0xfe));
    await Deno.writeTextFile(`${directory}/large`, "");
    await Deno.truncate(`${directory}/large`, 1024 ** 3);
    await Deno.symlink("fifo", `${directory}/link`);
    const rows: [name: string, message: RegExp][] = [
      ["directory", /could not read .*\/directory: a directory is there, not a regular file/],
      ["fifo", /could not read .*\/fifo: a FIFO is there, not a regular file/],
      ["link", /could not read .*\/link: a FIFO is there, not a regular file/],
      ["bytes", /could not read .*\/bytes: the file is not UTF-8/],
      ["large", /could not read .*\/large: the file has 1073741824 bytes, more than 1048576/],
      ["bytes/x", /could not read .*\/bytes\/x: Not a directory/],
    ];
    for (const [name, message] of rows) {
      await assert.rejects(async () => await files.read(`${directory}/${name}`), message);
    }
  });
});

Deno.test("there is nothing at a missing path and at a link to nowhere", async () => {
  await inDirectory(async (directory) => {
    const files = new CertificateFiles();
    await Deno.symlink("nowhere", `${directory}/link`);
    assert.equal(await files.read(`${directory}/none`), undefined);
    assert.equal(await files.read(`${directory}/none/none`), undefined);
    assert.equal(await files.read(`${directory}/link`), undefined);
  });
});

Deno.test("a file is removed once, a directory never", async () => {
  await inDirectory(async (directory) => {
    const files = new CertificateFiles();
    await Deno.writeTextFile(`${directory}/a`, "x");
    await Deno.mkdir(`${directory}/empty`);
    await Deno.symlink("a", `${directory}/link`);
    await files.remove(`${directory}/link`);
    assert.equal(await files.read(`${directory}/a`), "x");
    await files.remove(`${directory}/a`);
    await files.remove(`${directory}/a`);
    await assert.rejects(files.remove(`${directory}/empty`), /a directory is there/);
    assert.deepEqual([...Deno.readDirSync(directory)].map(({ name }) => name), ["empty"]);
  });
});

Deno.test("no link from outside shows or removes what is in a directory of the service", async () => {
  await inDirectory(async (directory) => {
    const [own, user] = [`${directory}/own`, `${directory}/user`];
    for (const each of [own, user]) await Deno.mkdir(each);
    await Deno.writeTextFile(`${own}/a`, "own");
    await Deno.symlink("own", `${directory}/home`);
    await Deno.symlink("../own/a", `${user}/file`);
    await Deno.symlink("../own", `${user}/directory`);
    // The service may know its directory by a link.
    for (const known of [own, `${directory}/home`]) {
      const files = new CertificateFiles(undefined, new OwnDirectories([known]));
      const refused = /could not (read|remove) .*: a link on the way leads into .*, which/;
      for (const name of ["file", "directory/a"]) {
        await assert.rejects(async () => await files.read(`${user}/${name}`), refused);
      }
      await assert.rejects(files.remove(`${user}/directory/a`), refused);
      assert.equal(await files.read(`${known}/a`), "own");
    }
  });
});

Deno.test("links outside the directories of the service are followed, also such as get swapped", async () => {
  await inDirectory(async (directory) => {
    for (const version of ["1", "2"]) {
      await Deno.mkdir(`${directory}/..${version}`);
      await Deno.writeTextFile(`${directory}/..${version}/a`, version);
    }
    await Deno.symlink("..1", `${directory}/..data`);
    await Deno.symlink("..data/a", `${directory}/a`);
    const own = new OwnDirectories([`${directory}/own`]);
    const files = new CertificateFiles(undefined, own);
    assert.equal(await files.read(`${directory}/a`), "1");

    let swaps = 0;
    const guard: PathGuard = {
      isOwn: () => false,
      checkOpen: (file) => own.checkOpen(file),
      async resolve(path) {
        const real = await own.resolve(path);
        if (swaps++ === 0) {
          await Deno.symlink("..2", `${directory}/next`);
          await Deno.rename(`${directory}/next`, `${directory}/..data`);
        }
        return real;
      },
    };
    assert.equal(await new CertificateFiles(undefined, guard).read(`${directory}/a`), "2");
    await files.write(`${directory}/a`, "3");
    assert.equal(await Deno.readTextFile(`${directory}/..2/a`), "3");
  });
});

Deno.test("a link that is swapped after it was checked shows nothing of the service", async () => {
  await inDirectory(async (directory) => {
    await Deno.mkdir(`${directory}/own`);
    await Deno.writeTextFile(`${directory}/own/a`, "own");
    await Deno.writeTextFile(`${directory}/b`, "b");
    await Deno.symlink("b", `${directory}/link`);
    const own = new OwnDirectories([`${directory}/own`]);
    const guard: PathGuard = {
      isOwn: () => false,
      checkOpen: (file) => own.checkOpen(file),
      async resolve(path) {
        const real = await own.resolve(path);
        Deno.removeSync(path);
        Deno.symlinkSync("own/a", path);
        return real;
      },
    };
    await assert.rejects(
      async () => await new CertificateFiles(undefined, guard).read(`${directory}/link`),
      /could not read .*\/link: a link on the way leads into .*\/own, which/,
    );
  });
});

Deno.test("a link that is turned to and fro between all looks shows nothing of the service", async () => {
  await inDirectory(async (directory) => {
    await Deno.mkdir(`${directory}/own/deep`, { recursive: true });
    await Deno.writeTextFile(`${directory}/own/deep/a`, "own");
    await Deno.writeTextFile(`${directory}/b`, "b");
    await Deno.symlink("own/deep/a", `${directory}/link`);
    const own = new OwnDirectories([`${directory}/own`]);
    const guard: PathGuard = {
      isOwn: () => false,
      checkOpen: (file) => own.checkOpen(file),
      // As if the link led elsewhere whenever it is resolved.
      resolve: () => own.resolve(`${directory}/b`),
    };
    const files = new CertificateFiles(undefined, guard);
    await assert.rejects(
      async () => await files.read(`${directory}/link`),
      /could not read .*\/link: it is a file of .*\/own$/,
    );
    await Deno.link(`${directory}/own/deep/a`, `${directory}/hard`);
    await assert.rejects(
      async () => await new CertificateFiles(undefined, own).read(`${directory}/hard`),
      /could not read .*\/hard: it is a file of .*\/own$/,
    );
    assert.equal(await new CertificateFiles(undefined, own).read(`${directory}/b`), "b");
  });
});

Deno.test("a file that is replaced while it is read is read again", async () => {
  await inDirectory(async (directory) => {
    await Deno.writeTextFile(`${directory}/a`, "old");
    const own = new OwnDirectories([`${directory}/own`]);
    let replaced = false;
    const guard: PathGuard = {
      isOwn: () => false,
      resolve: (path) => own.resolve(path),
      async checkOpen(file) {
        if (!replaced) {
          replaced = true;
          await Deno.writeTextFile(`${directory}/b`, "new");
          await Deno.rename(`${directory}/b`, `${directory}/a`);
        }
        return await own.checkOpen(file);
      },
    };
    assert.equal(await new CertificateFiles(undefined, guard).read(`${directory}/a`), "new");
  });
});
