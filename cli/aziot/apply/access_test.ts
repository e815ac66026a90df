// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { ancestors, permits, unreadable } from "./access.ts";

const INFO = { mode: 0o640, uid: 10, gid: 20 };
const USERS: [string, { uid: number; gid: number; groups: number[] }, boolean, boolean][] = [
  ["root", { uid: 0, gid: 0, groups: [] }, true, true],
  ["the owner", { uid: 10, gid: 1, groups: [] }, true, true],
  ["a member by primary group", { uid: 11, gid: 20, groups: [] }, true, false],
  ["a member by another group", { uid: 11, gid: 1, groups: [1, 20] }, true, false],
  ["a stranger", { uid: 11, gid: 1, groups: [1] }, false, false],
];

for (const [who, user, reads, writes] of USERS) {
  Deno.test(`the mode bits say what ${who} may do`, async () => {
    const path = await Deno.makeTempFile();
    try {
      const info = { ...await Deno.stat(path), ...INFO };
      assert.equal(permits(info, user, 4), reads);
      assert.equal(permits(info, user, 6), writes);
    } finally {
      await Deno.remove(path);
    }
  });
}

Deno.test("the first obstacle on the way to a file is named", async () => {
  const base = await Deno.makeTempDir();
  const at = (path: string) => `${base}${path}`;
  const user = { uid: 4242, gid: 4242, groups: [4242] };
  try {
    await Deno.chmod(base, 0o755);
    await Deno.mkdir(at("/a/b"), { recursive: true });
    await Deno.writeTextFile(at("/a/b/key"), "");
    await Deno.chmod(at("/a/b/key"), 0o644);
    assert.equal(await unreadable("/a/b/key", user, at), undefined);
    await Deno.chmod(at("/a/b/key"), 0o600);
    assert.match(await unreadable("/a/b/key", user, at) ?? "", /its owner and mode/);
    await Deno.chmod(at("/a"), 0o700);
    assert.equal(await unreadable("/a/b/key", user, at), "/a does not let its user pass");
    await Deno.chmod(at("/a"), 0o755);
    assert.equal(await unreadable("/a/b/none", user, at), "it does not exist");
    assert.equal(await unreadable("/a/none/key", user, at), "it does not exist");
    assert.equal(await unreadable("/a/b", user, at), "it is a directory");
  } finally {
    await Deno.remove(base, { recursive: true });
  }
});

Deno.test("the way to a file goes through the directories above it", () => {
  assert.deepEqual(ancestors("/a/b/c"), ["/", "/a", "/a/b"]);
  assert.deepEqual(ancestors("/a"), ["/"]);
});
