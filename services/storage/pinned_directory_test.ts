// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { inDirectoryOf } from "./pinned_directory.ts";

/** A service that root does not trust. */
const SERVICE = 2501;

async function inTree(use: (top: string) => void): Promise<void> {
  const top = await Deno.realPath(await Deno.makeTempDir());
  const before = Deno.cwd();
  try {
    await Deno.mkdir(`${top}/keys`);
    await Deno.writeTextFile(`${top}/keys/x`, "ours");
    await Deno.mkdir(`${top}/etc`);
    await Deno.writeTextFile(`${top}/etc/x`, "theirs");
    use(top);
    assert.equal(Deno.cwd(), before);
  } finally {
    await Deno.remove(top, { recursive: true });
  }
}

Deno.test("what stands in a directory is found by its name alone", async () => {
  await inTree((top) => {
    assert.equal(inDirectoryOf(`${top}/keys/x`, (name) => Deno.readTextFileSync(name)), "ours");
  });
});

Deno.test("a directory that is renamed and replaced meanwhile stays the one that was entered", async () => {
  await inTree((top) => {
    const text = inDirectoryOf(`${top}/keys/x`, (name) => {
      Deno.renameSync(`${top}/keys`, `${top}/old`);
      Deno.symlinkSync(`${top}/etc`, `${top}/keys`);
      return Deno.readTextFileSync(name);
    });
    assert.equal(text, "ours");
  });
});

Deno.test("a link of an untrusted user on the way is refused", {
  ignore: Deno.uid() !== 0,
}, async () => {
  await inTree((top) => {
    Deno.chownSync(top, SERVICE, SERVICE);
    Deno.renameSync(`${top}/keys`, `${top}/old`);
    Deno.symlinkSync(`${top}/etc`, `${top}/keys`);
    assert.throws(
      () => inDirectoryOf(`${top}/keys/x`, () => assert.fail("entered")),
      /something else was put in the way/,
    );
  });
});

Deno.test("an administrator's link in a directory of root is followed", async () => {
  await inTree((top) => {
    Deno.symlinkSync(`${top}/keys`, `${top}/state`);
    assert.equal(inDirectoryOf(`${top}/state/x`, (name) => Deno.readTextFileSync(name)), "ours");
  });
});

Deno.test("a path that is not absolute, is no name, or goes back is a mistake of the caller", () => {
  for (const path of ["keys/x", "/", "/a/../b"]) {
    assert.throws(() => inDirectoryOf(path, () => {}), TypeError, path);
  }
});
