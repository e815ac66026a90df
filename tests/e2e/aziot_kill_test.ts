// SPDX-License-Identifier: MIT

/**
 * `config apply` killed at random moments of its work. AZIOT_KILL_MOMENTS says how often (default
 * 10), AZIOT_SEED repeats a run.
 */

import assert from "node:assert/strict";
import { randomNumbers } from "./random_numbers.ts";

const MOMENTS = Number(Deno.env.get("AZIOT_KILL_MOMENTS") ?? "10");

const MAIN = new URL("../../cli/aziot/main.ts", import.meta.url).pathname;
const PASSWD = ["aziotks:x:301:301", "aziotcs:x:302:302", "aziotid:x:303:303"]
  .map((user) => `${user}::/:\n`).join("");
const CS = "HostName=h;DeviceId=d;SharedAccessKey=";

const OLD = `[provisioning]
source = "manual"
connection_string = "${CS}b2xkIGtleQ=="
[cert_issuance.est.urls]
default = "https://old.example/"
`;
const NEW = `cloud_retries = 9
[provisioning]
source = "manual"
connection_string = "${CS}bmV3IGtleQ=="
[aziot_max_requests]
keyd = 20
certd = 21
identityd = 22
tpmd = 23
`;
const KEYLESS = '[provisioning]\nsource = "none"\n';

const WRITTEN = ["/etc/aziot", "/var/secrets"];

/** Every file that an apply writes, by path, with owner, mode and content. */
function treeOf(root: string): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = (path: string): void => {
    for (const { name, isDirectory } of Deno.readDirSync(root + path)) {
      const inner = `${path}/${name}`;
      if (isDirectory) visit(inner);
      else if (!/^\/etc\/aziot\/[^/]*$/.test(inner)) {
        const { uid, mode } = Deno.statSync(root + inner);
        found[inner] = `${uid} ${mode?.toString(8)} ${Deno.readTextFileSync(root + inner)}`;
      }
    }
  };
  for (const path of WRITTEN) visit(path);
  return found;
}

function aziot(root: string, ...args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--cached-only", MAIN, ...args, "--root", root],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

async function apply(root: string, superConfig: string): Promise<Record<string, string>> {
  await Deno.writeTextFile(`${root}/etc/aziot/config.toml`, superConfig);
  const { code } = await aziot(root, "config", "apply").status;
  assert.equal(code, 0);
  return treeOf(root);
}

/** Resolves when an apply below `root` has begun its work. */
async function begun(root: string): Promise<void> {
  for (;;) {
    try {
      await Deno.stat(`${root}/run/aziot/apply.lock`);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}

function kill9(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    // It has ended by itself: a moment after its work.
    if (!(error instanceof TypeError)) throw error;
  }
}

async function inSystem(use: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${root}/etc/aziot`, { recursive: true });
    await Deno.writeTextFile(`${root}/etc/passwd`, PASSWD);
    await use(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test(`an apply killed at any of ${MOMENTS} moments leaves one tree`, async () => {
  const random = randomNumbers();
  const after = { old: 0, new: 0 };
  await inSystem(async (root) => {
    const trees = new Map<string, Record<string, string>>();
    for (const config of [NEW, KEYLESS, OLD]) trees.set(config, await apply(root, config));
    const spell = await durationOf(root, OLD);

    let present = OLD;
    for (let moment = 0; moment < MOMENTS; moment++) {
      const wanted = [OLD, NEW, KEYLESS].filter((config) => config !== present)[moment % 2] ?? "";
      const [before = {}, afterwards = {}] = [trees.get(present), trees.get(wanted)];
      await Deno.writeTextFile(`${root}/etc/aziot/config.toml`, wanted);
      await Deno.remove(`${root}/run/aziot/apply.lock`);
      const child = aziot(root, "config", "apply");
      await begun(root);
      await new Promise((resolve) => setTimeout(resolve, random() * spell * 1.5));
      kill9(child);
      await child.status;

      for (const [path, content] of Object.entries(treeOf(root))) {
        if (/\/\.[0-9a-f]{16}\.tmp$/.test(path)) continue;
        assert.ok([before[path], afterwards[path]].includes(content), `${path} is torn`);
      }
      const args = ["config", "mp", "--force", "-o", "/etc/other.toml", "-c", `${CS}a2V5`];
      assert.equal((await aziot(root, ...args).status).code, 0);
      const tree = treeOf(root);
      const isNew = tree["/etc/aziot/keyd/config.d/00-super.toml"] ===
        afterwards["/etc/aziot/keyd/config.d/00-super.toml"];
      assert.deepEqual(tree, isNew ? afterwards : before);
      after[isNew ? "new" : "old"]++;
      if (isNew) present = wanted;
    }
  });
  console.log(`${after.old} old trees, ${after.new} new ones`);
});

/** How long an apply works, in milliseconds. */
async function durationOf(root: string, config: string): Promise<number> {
  await Deno.writeTextFile(`${root}/etc/aziot/config.toml`, config);
  await Deno.remove(`${root}/run/aziot/apply.lock`);
  const child = aziot(root, "config", "apply");
  await begun(root);
  const start = performance.now();
  await child.status;
  return performance.now() - start;
}

Deno.test("of two applies at once the second waits for the first", async () => {
  await inSystem(async (root) => {
    const trees = [await apply(root, OLD), await apply(root, NEW)];
    for (const [name, config] of [["old", OLD], ["new", NEW]]) {
      await Deno.writeTextFile(`${root}/etc/${name}.toml`, config ?? "");
    }
    const children = ["old", "new"].map((name) =>
      aziot(root, "config", "apply", "-c", `/etc/${name}.toml`)
    );
    const codes = await Promise.all(children.map(async ({ status }) => (await status).code));
    assert.deepEqual(codes, [0, 0]);
    const tree = JSON.stringify(treeOf(root));
    assert.ok(trees.some((one) => JSON.stringify(one) === tree));
  });
});
