// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { fakeMachine } from "./fake_machine.ts";
import { placeOf } from "./place.ts";

Deno.test("the running system has its own paths and users", async () => {
  const user = { uid: 5, gid: 6, groups: [6] };
  const machine = fakeMachine({ users: { aziotks: user } });
  const place = placeOf({}, machine);
  assert.equal(place.at("/etc/x"), machine.at("/etc/x"));
  assert.deepEqual(await place.user("aziotks"), user);
  assert.equal(await place.user("aziotcs"), undefined);
  assert.equal(place.canChown, true);
});

Deno.test("a tree has its files below its root and its users in its passwd", async () => {
  const root = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${root}/etc`);
    await Deno.writeTextFile(`${root}/etc/passwd`, "a:x:1:2::/:\naziotks:x:301:302::/:/x\n");
    await Deno.writeTextFile(`${root}/etc/group`, "tss:x:9:a,aziotks\nother:x:10:a\n");
    const place = placeOf({ root: `${root}/` }, fakeMachine({ uid: 1000 }));
    assert.equal(place.at("/etc/x"), `${root}/etc/x`);
    assert.deepEqual(await place.user("aziotks"), { uid: 301, gid: 302, groups: [302, 9] });
    assert.equal(await place.user("aziotcs"), undefined);
    assert.equal(place.canChown, false);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("an output directory has the users of the command line", async () => {
  const place = placeOf({ outputDir: "out", uids: "ks=1,cs=2,id=4294967295" }, fakeMachine());
  assert.equal(place.at("/etc/x"), `${Deno.cwd()}/out/etc/x`);
  assert.equal((await place.user("aziotid"))?.uid, 4294967295);
  assert.equal(await place.user("aziottpm"), undefined);
  assert.equal(place.canChown, false);
});

for (
  const [options, message] of [
    [{ root: "" }, /^--root needs a directory$/],
    [{ outputDir: "" }, /^--output-dir needs a directory$/],
    [{ root: "a", outputDir: "b" }, /^--root and --output-dir exclude each other$/],
    [{ uids: "ks=1,cs=2,id=3" }, /^--uids is only used with --output-dir$/],
    [{ root: "a", uids: "ks=1,cs=2,id=3" }, /^--uids is only used with --output-dir$/],
    [{ outputDir: "b", uids: "ks=1,cs=2" }, /^--uids lacks id=N$/],
    [{ outputDir: "b", uids: "ks=1,cs=2,id=x" }, /^invalid --uids entry 'id=x'/],
    [{ outputDir: "b", uids: "ks=1,cs=2,id=-1" }, /^invalid --uids entry 'id=-1'/],
    [{ outputDir: "b", uids: "ks=1,cs=2,id=4294967296" }, /^invalid --uids entry/],
    [{ outputDir: "b", uids: "ks=1,ks=2,id=3" }, /^invalid --uids entry 'ks=2'/],
    [{ outputDir: "b", uids: "root=1" }, /^invalid --uids entry 'root=1'/],
    [{ outputDir: "b", uids: "" }, /^invalid --uids entry ''/],
  ] as const
) {
  Deno.test(`the options ${JSON.stringify(options)} are refused`, () => {
    assert.throws(() => placeOf(options, fakeMachine()), { name: "UsageError", message });
  });
}
