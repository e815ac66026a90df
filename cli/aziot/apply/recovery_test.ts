// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { commit } from "../../../services/storage/commit.ts";
import { DISK } from "../../../services/storage/disk.ts";
import { generated, inTree, type Tree } from "../fake_tree.ts";

const CS = "HostName=h;DeviceId=d;SharedAccessKey=c2VjcmV0";
const NONE = '[provisioning]\nsource = "none"\n';

/** Leaves an apply that had already replaced keyd's file. */
async function interrupt({ root }: Tree): Promise<void> {
  let isOver = false;
  const disk: typeof DISK = {
    ...DISK,
    rename: async (from, to) => {
      if (isOver) throw new Error("power failure");
      await DISK.rename(from, to);
      isOver = true;
    },
    remove: (path) => isOver ? Promise.reject(new Error("power failure")) : DISK.remove(path),
  };
  await Deno.mkdir(`${root}/var/lib/aziot`, { recursive: true });
  const bytes = new TextEncoder().encode("max_requests = 99\n");
  const write = (service: string) =>
    ({ do: "write", path: `${root}${generated(service)}`, bytes, mode: 0o600 }) as const;
  const steps = [write("keyd"), write("certd")];
  await assert.rejects(
    commit(steps, `${root}/var/lib/aziot/.apply`, disk),
    /undone by the next run/,
  );
}

const WARNING = "warning: an earlier `config apply` was interrupted: what it changed is undone\n";

for (
  const [what, args] of [
    ["config mp", ["config", "mp", "-c", CS, "-o", "/etc/other.toml"]],
    ["init", ["init", "--provisioning", "none", "--out", "/etc/other.toml", "--no-apply"]],
  ] as const
) {
  Deno.test(`${what} undoes an apply that was interrupted`, async () => {
    await inTree(NONE, async (tree) => {
      await tree.run();
      const before = await tree.read(generated("keyd"));
      await interrupt(tree);
      assert.notEqual(await tree.read(generated("keyd")), before);

      const { code, machine } = await tree.aziot(...args);
      assert.deepEqual([code, machine.stderr], [0, WARNING]);
      assert.equal(await tree.read(generated("keyd")), before);
      assert.ok(!tree.names("/var/lib/aziot").includes(".apply"));
    });
  });
}

Deno.test("the next apply undoes it too, and then does its own work", async () => {
  await inTree(NONE, async (tree) => {
    await tree.run();
    await interrupt(tree);
    await tree.write("/etc/aziot/config.toml", "cloud_retries = 7\n" + NONE);
    const { code, machine } = await tree.run();
    assert.deepEqual([code, machine.stderr], [0, WARNING]);
    assert.match(await tree.read(generated("identityd")), /^cloud_retries = 7$/m);
    assert.match(machine.stdout, /^unchanged: .*keyd/m);
    assert.deepEqual(tree.names("/etc/aziot/keyd/config.d"), ["00-super.toml"]);
  });
});

Deno.test("a preview only tells of it", async () => {
  await inTree(NONE, async (tree) => {
    await tree.run();
    await interrupt(tree);
    const { code, machine } = await tree.run("--dry-run");
    assert.equal(code, 0);
    assert.match(machine.stderr, /^warning: an earlier .* the next one undoes it first\n$/);
    assert.ok(tree.names("/var/lib/aziot").includes(".apply"));
  });
});
