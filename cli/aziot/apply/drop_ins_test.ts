// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { inTree } from "../fake_tree.ts";

const NONE = '[provisioning]\nsource = "none"\n';

Deno.test("a uid that no user has is told with the file that has it", async () => {
  await inTree(NONE, async ({ root, run, write }) => {
    await write(
      "/etc/aziot/keyd/config.d/50.toml",
      "[[principal]]\nuid = 303\nkeys = []\n[[principal]]\nuid = 4711\nkeys = []\n",
    );
    await write("/etc/aziot/identityd/config.d/a.toml", '[[principal]]\nuid = 4712\nname = "x"\n');
    await write("/etc/aziot/identityd/config.d/b.toml", "broken");
    await write("/etc/aziot/identityd/config.d/c.toml", "principal = 5\n");
    await write("/etc/aziot/identityd/config.d/d.txt", "[[principal]]\nuid = 4713\n");
    const { code, machine } = await run();
    assert.equal(code, 0);
    assert.deepEqual(machine.stderr.replaceAll(root, "").trim().split("\n"), [
      "warning: /etc/aziot/keyd/config.d/50.toml: no user has the uid 4711 of a [[principal]]: " +
      "correct it or remove it",
      "warning: /etc/aziot/identityd/config.d/a.toml: no user has the uid 4712 of a " +
      "[[principal]]: correct it or remove it",
    ]);
  });
});
