// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import {
  directoryName,
  fileName,
  type HubModule,
  ModuleBackup,
  moduleOf,
} from "./module_backup.ts";
import { testLog } from "./test_log.ts";

const OWNER = { hub: "contoso-hub.example.net", deviceId: "press-07" };
const OTHER = { hub: "other-hub.example.net", deviceId: "press-07" };
const MODULE: HubModule = { moduleId: "telemetry-1", deviceId: "press-07", generationId: "17" };

async function inHome(
  work: (backup: ModuleBackup, home: string, lines: string[]) => Promise<void>,
): Promise<void> {
  const home = await Deno.makeTempDir();
  try {
    const { log, lines } = testLog();
    await work(new ModuleBackup(home, log), home, lines);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

async function pathOf(home: string, moduleId = MODULE.moduleId, owner = OWNER): Promise<string> {
  return `${home}/modules/${await directoryName(owner)}/${await fileName(moduleId)}`;
}

Deno.test("names of directories and files are those of the published example", async () => {
  assert.equal(
    await directoryName(OWNER),
    "ebeaf17a91d586484fd7093eaf45ad79b3ee8978fc3d25b91626332ad7c08056-" +
      "82699941e17d8949eb09915c168a733e2e6862369fd6a07b1c186775bb9bcabb",
  );
  assert.equal(
    await fileName("telemetry-1"),
    "telemetry1-58a357af30ffcdee4885b74b21465715defab820106794aeb051e74a767d840e",
  );
});

Deno.test("a module is kept without any key, for its owner only", async () => {
  await inHome(async (backup, home) => {
    await backup.open(OWNER);
    await backup.store(OWNER, { ...MODULE, managedBy: "IotEdge" });
    const path = await pathOf(home);
    assert.equal(
      await Deno.readTextFile(path),
      '{"moduleId":"telemetry-1","managedBy":"IotEdge","deviceId":"press-07","generationId":"17"}',
    );
    assert.equal((Deno.statSync(path).mode ?? 0) & 0o777, 0o600);
    assert.equal((Deno.statSync(`${home}/modules`).mode ?? 0) & 0o777, 0o700);
    assert.deepEqual(await backup.get(OWNER, MODULE.moduleId), { ...MODULE, managedBy: "IotEdge" });
    assert.equal(await backup.get(OWNER, "telemetry_1"), undefined);
    assert.equal(await backup.get(OTHER, MODULE.moduleId), undefined);
  });
});

Deno.test("what is unknown of a module is left out of its file", async () => {
  await inHome(async (backup, home) => {
    await backup.open(OWNER);
    await backup.store(OWNER, { moduleId: "m", deviceId: "d" });
    assert.equal(
      await Deno.readTextFile(await pathOf(home, "m")),
      '{"moduleId":"m","deviceId":"d"}',
    );
  });
});

Deno.test("modules are listed in the order of their ids, damaged files are skipped", async () => {
  await inHome(async (backup, home, lines) => {
    await backup.open(OWNER);
    for (const moduleId of ["b", "$edgeAgent", "a"]) {
      await backup.store(OWNER, { ...MODULE, moduleId });
    }
    const directory = `${home}/modules/${await directoryName(OWNER)}`;
    await Deno.writeTextFile(`${directory}/cut-0`, '{"moduleId":"cut"');
    await Deno.writeTextFile(`${directory}/other-0`, "[]");
    await Deno.writeTextFile(`${directory}/.0123456789abcdef.tmp`, "x");
    await Deno.mkdir(`${directory}/directory`);
    assert.deepEqual((await backup.list(OWNER)).map(({ moduleId }) => moduleId), [
      "$edgeAgent",
      "a",
      "b",
    ]);
    assert.deepEqual(lines.toSorted(), [
      `WARN ${directory}/cut-0 is damaged and is skipped`,
      `WARN ${directory}/other-0 is damaged and is skipped`,
    ]);
  });
});

Deno.test("a list without its directory is an error, an empty one is not", async () => {
  await inHome(async (backup) => {
    await assert.rejects(backup.list(OWNER), Deno.errors.NotFound);
    await backup.open(OWNER);
    assert.deepEqual(await backup.list(OWNER), []);
  });
});

Deno.test("there is one device: opening another one's place removes the first one's", async () => {
  await inHome(async (backup) => {
    await backup.open(OWNER);
    await backup.store(OWNER, MODULE);
    await backup.open(OWNER);
    assert.equal((await backup.list(OWNER)).length, 1, "the same device keeps its modules");
    await backup.prepare(OTHER);
    assert.equal((await backup.list(OWNER)).length, 1, "a device that may come takes nothing");
    await backup.open(OTHER);
    await assert.rejects(backup.list(OWNER), Deno.errors.NotFound);
  });
});

Deno.test("only what is to be kept of a device stays", async () => {
  await inHome(async (backup) => {
    await backup.open(OWNER);
    for (const moduleId of ["a", "b"]) await backup.store(OWNER, { ...MODULE, moduleId });
    await backup.prepare(OTHER);
    await backup.keepOnly(OWNER, new Set(["b", "c"]));
    assert.deepEqual((await backup.list(OWNER)).map(({ moduleId }) => moduleId), ["b"]);
    await assert.rejects(backup.list(OTHER), Deno.errors.NotFound);
    await backup.keepOnly(undefined, new Set());
    await assert.rejects(backup.list(OWNER), Deno.errors.NotFound);
  });
});

Deno.test("what a read got is dropped when a mutation came in between", async () => {
  await inHome(async (backup) => {
    await backup.open(OWNER);
    const before = backup.now();
    await backup.drop(OWNER, MODULE.moduleId);
    await backup.refresh(OWNER, [MODULE], before);
    assert.equal(await backup.get(OWNER, MODULE.moduleId), undefined, "a removed module stays so");

    const missing = backup.now();
    await backup.store(OWNER, MODULE);
    await backup.refreshMissing(OWNER, MODULE.moduleId, missing);
    assert.deepEqual(await backup.get(OWNER, MODULE.moduleId), MODULE, "a new module stays");

    await backup.refreshMissing(OWNER, MODULE.moduleId, backup.now());
    assert.equal(await backup.get(OWNER, MODULE.moduleId), undefined);
  });
});

Deno.test("an unchanged module is not written again", async () => {
  await inHome(async (backup, home) => {
    await backup.open(OWNER);
    await backup.store(OWNER, MODULE);
    const inode = () => pathOf(home).then((path) => Deno.statSync(path).ino);
    const before = await inode();
    await backup.refresh(OWNER, [MODULE], backup.now());
    assert.equal(await inode(), before);
    await backup.refresh(OWNER, [{ ...MODULE, generationId: "18" }], backup.now());
    assert.notEqual(await inode(), before);
  });
});

Deno.test("a home directory that was emptied is made again, one that cannot be used is a warning", async () => {
  await inHome(async (backup, home, lines) => {
    await backup.open(OWNER);
    await Deno.remove(`${home}/modules`, { recursive: true });
    await backup.store(OWNER, MODULE);
    assert.deepEqual(await backup.get(OWNER, MODULE.moduleId), MODULE);

    await Deno.remove(`${home}/modules`, { recursive: true });
    await Deno.writeTextFile(`${home}/modules`, "a file where a directory belongs");
    for (let again = 0; again < 3; again++) await backup.refresh(OWNER, [MODULE], backup.now());
    assert.equal(lines.length, 1, "said once, not at each poll");
    assert.match(lines[0] ?? "", /^WARN /);
    await Deno.remove(`${home}/modules`);
    await backup.store(OWNER, MODULE);
    await Deno.remove(`${home}/modules`, { recursive: true });
    await Deno.writeTextFile(`${home}/modules`, "again");
    await backup.store(OWNER, MODULE);
    assert.equal(lines.length, 2, "and again after a write that worked");
  });
});

Deno.test("an answer is a module when it has the two ids", () => {
  const rows: [value: unknown, module: HubModule | undefined][] = [
    [{ moduleId: "m", deviceId: "d" }, { moduleId: "m", deviceId: "d" }],
    [{ moduleId: "m", deviceId: "d", generationId: null, managedBy: null, etag: 5 }, {
      moduleId: "m",
      deviceId: "d",
    }],
    [
      { moduleId: "m", deviceId: "d", generationId: "1", authentication: { type: "selfSigned" } },
      { moduleId: "m", deviceId: "d", generationId: "1" },
    ],
    [{ moduleId: "m" }, undefined],
    [{ moduleId: 5, deviceId: "d" }, undefined],
    [{ moduleId: "m", deviceId: "d", generationId: 7 }, undefined],
    [null, undefined],
    [[], undefined],
    ["m", undefined],
  ];
  for (const [value, module] of rows) assert.deepEqual(moduleOf(value), module);
});
