// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { fakeMachine } from "../fake_machine.ts";
import { placeOf } from "../place.ts";
import { misplaced, ownershipSteps } from "./ownership.ts";

const user = (uid: number) => ({ uid, gid: uid, groups: [uid] });
const USERS = { keyd: user(301), certd: user(302), identityd: user(303), tpmd: undefined };

Deno.test("what belongs to others is found in all places of a service", {
  ignore: Deno.uid() !== 0,
}, async () => {
  const root = await Deno.makeTempDir();
  const give = async (path: string, uid: number, isFile = false) => {
    if (isFile) await Deno.writeTextFile(`${root}${path}`, "");
    else await Deno.mkdir(`${root}${path}`, { recursive: true });
    await Deno.chown(`${root}${path}`, uid, uid);
  };
  try {
    await give("/mnt/keyd", 301);
    await Deno.mkdir(`${root}/var/lib/aziot`, { recursive: true });
    await Deno.symlink("/mnt/keyd", `${root}/var/lib/aziot/keyd`);
    await give("/mnt/keyd/keys", 999);
    await give("/mnt/keyd/keys/good.key", 301, true);
    await give("/mnt/keyd/keys/bad.key", 999, true);
    await Deno.symlink("/etc/passwd", `${root}/mnt/keyd/keys/link`);
    await give("/mnt/secret", 0, true);
    await Deno.link(`${root}/mnt/secret`, `${root}/mnt/keyd/keys/second-name`);
    await give("/etc/aziot/certd/config.d", 999);
    await give("/etc/aziot/certd/config.d/00-super.toml", 999, true);
    await give("/etc/aziot/certd/config.d/50-own.toml", 0, true);
    await give("/var/secrets/aziot/keyd", 999);
    await give("/var/secrets/aziot/keyd/device-id", 301, true);
    await give("/var/secrets/aziot/keyd/other", 0, true);

    const place = placeOf({ root }, fakeMachine());
    const found = await misplaced(USERS, place);
    assert.deepEqual(
      found.map(({ path, uid, user }) => [path.slice(root.length), uid, user.name]).sort(),
      [
        ["/etc/aziot/certd/config.d", 999, "aziotcs"],
        ["/etc/aziot/certd/config.d/00-super.toml", 999, "aziotcs"],
        ["/mnt/keyd/keys", 999, "aziotks"],
        ["/mnt/keyd/keys/bad.key", 999, "aziotks"],
        ["/var/secrets/aziot/keyd", 999, "aziotks"],
      ],
    );
    const steps = await ownershipSteps(USERS, place);
    assert.equal(steps.length, 5);
    assert.deepEqual(steps.find(({ path }) => path.endsWith("bad.key")), {
      do: "chown",
      path: `${root}/mnt/keyd/keys/bad.key`,
      owner: { uid: 301, gid: 301 },
    });
    const asUser = placeOf({ root }, fakeMachine({ uid: 1000 }));
    assert.deepEqual(await ownershipSteps(USERS, asUser), []);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("a system without state has nothing to repair", async () => {
  const root = await Deno.makeTempDir();
  try {
    assert.deepEqual(await misplaced(USERS, placeOf({ root }, fakeMachine())), []);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
