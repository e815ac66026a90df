// SPDX-License-Identifier: MIT

/** Applies for a system that is not the running one: where their files lie. */

import assert from "node:assert/strict";
import { fakeMachine } from "./fake_machine.ts";
import { generated, inTree } from "./fake_tree.ts";
import { aziot } from "./main.ts";

const MANUAL = `[provisioning]
source = "manual"
connection_string = "HostName=h;DeviceId=d;SharedAccessKey=c2VjcmV0"
`;

const ELSEWHERE = {
  "/etc/aziot": "/data/etc",
  "/var/lib/aziot": "/data/state",
  "/var/secrets": "/data/secrets",
  "/run": "/data/run",
} as const;

/** Moves a tree's directories to its /data and leaves links as an image has them: absolute. */
async function linkAway(root: string): Promise<void> {
  for (const [path, target] of Object.entries(ELSEWHERE)) {
    await Deno.mkdir(`${root}/data`, { recursive: true });
    await Deno.mkdir(`${root}${path}`, { recursive: true });
    await Deno.rename(`${root}${path}`, `${root}${target}`);
    await Deno.symlink(target, `${root}${path}`);
  }
}

Deno.test("the absolute links of a tree stay in the tree", async () => {
  await inTree(MANUAL, async ({ root, run, read }) => {
    await linkAway(root);
    const { code, machine } = await run();
    assert.equal(code, 0, machine.stderr);
    for (const service of ["keyd", "certd", "identityd"]) {
      assert.match(await read(`/data/etc/${service}/config.d/00-super.toml`), /^# Made by/);
    }
    assert.equal(await read("/data/secrets/aziot/keyd/device-id"), "secret");
    assert.ok((await Deno.lstat(`${root}/data/run/aziot/apply.lock`)).isFile);
    assert.deepEqual([...Deno.readDirSync(`${root}/data/state`)], []);
    for (const path of Object.keys(ELSEWHERE)) {
      assert.ok((await Deno.lstat(`${root}${path}`)).isSymlink, path);
    }

    const again = await run();
    assert.equal(again.code, 0, again.machine.stderr);
    assert.equal(again.machine.stdout.match(/^unchanged: /gm)?.length, 4);
  });
});

Deno.test("a generated file that is a link is replaced, not what it leads to", async () => {
  await inTree(MANUAL, async ({ root, run, write, read }) => {
    await write("/etc/other.toml", "mine\n");
    await Deno.mkdir(`${root}/etc/aziot/keyd/config.d`, { recursive: true });
    await Deno.symlink("/etc/other.toml", `${root}${generated("keyd")}`);
    const { code, machine } = await run();
    assert.equal(code, 0, machine.stderr);
    assert.equal(await read("/etc/other.toml"), "mine\n");
    assert.ok((await Deno.lstat(`${root}${generated("keyd")}`)).isFile);
  });
});

Deno.test("a super-config that is a link of the tree is read, and replaced by config mp", async () => {
  await inTree("", async ({ root, run, write, read, aziot }) => {
    await write("/data/config.toml", MANUAL);
    await Deno.remove(`${root}/etc/aziot/config.toml`);
    await Deno.symlink("/data/config.toml", `${root}/etc/aziot/config.toml`);
    assert.equal((await run()).code, 0);

    const other = "HostName=other;DeviceId=d;SharedAccessKey=a2V5";
    assert.equal((await aziot("config", "mp", "-c", other)).code, 1);
    assert.equal((await aziot("config", "mp", "-c", other, "--force")).code, 0);
    assert.equal(await read("/data/config.toml"), MANUAL);
    assert.match(await read("/etc/aziot/config.toml"), /HostName=other/);
  });
});

for (const [option, where] of [["--root", "tree"], ["--output-dir", "out"]] as const) {
  Deno.test(`${option} may be relative to the working directory`, async () => {
    await inTree(MANUAL, async ({ root }) => {
      const relative = `${"../".repeat(Deno.cwd().split("/").length - 1)}.${root}`;
      const machine = fakeMachine();
      const args = where === "tree" ? [option, relative] : [
        "-c",
        `${root}/etc/aziot/config.toml`,
        option,
        `${relative}/out`,
        "--uids",
        "ks=1,cs=2,id=3",
      ];
      assert.equal(await aziot(["config", "apply", ...args], machine), 0, machine.stderr);
      const base = where === "tree" ? root : `${root}/out`;
      assert.match(await Deno.readTextFile(base + generated("keyd")), /^# Made by/);
    });
  });
}
