// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { ServiceError } from "../http/errors.ts";
import { CloudError } from "./cloud_errors.ts";
import { directoryName } from "./module_backup.ts";
import { DEVICE, refusal, TestHub } from "./test_hub.ts";
import { config, story } from "./test_world.ts";

const fails = (error: () => Error) => () => {
  throw error();
};

Deno.test("reprovisioning makes the principals' modules anew and removes former ones", async () => {
  await story(async (start, home) => {
    const hub = new TestHub("foreign");
    const world = start(hub, "a", "b");
    await world.lifecycle.start();
    const before = hub.generation("a");
    await world.backup.store(DEVICE, { moduleId: "stale", deviceId: "press-07" });
    world.lines.length = 0;

    await world.queue.run(() => Promise.resolve());
    await world.lifecycle.reload(config(home, "a", "b"));
    await world.lifecycle.reprovision();
    assert.notEqual(hub.generation("a"), before);
    assert.deepEqual(
      world.lines.filter((line) => line.includes("Api") || line.includes("complete")).slice(-4),
      [
        "INFO Provisioning starting. Reason: Api",
        "INFO Provisioning complete.",
        "INFO Identity reconciliation started. Reason: Api",
        "INFO Identity reconciliation complete.",
      ],
    );
    assert.deepEqual((await world.backup.list(DEVICE)).map(({ moduleId }) => moduleId), [
      "a",
      "b",
      "foreign",
    ], "nothing stale is left");
  });
});

Deno.test("a reprovisioning that fails leaves device, files and backups as they were", async () => {
  await story(async (start, home) => {
    const hub = new TestHub();
    const world = start(hub, "a");
    await world.lifecycle.start();
    const files = () =>
      ["device_info", "prev_state"].map((name) => Deno.readTextFileSync(`${home}/${name}`));
    const before = files();
    hub.fault = fails(() => refusal(401, "Unauthorized"));
    await assert.rejects(
      world.lifecycle.reprovision(),
      (error) =>
        error instanceof ServiceError && error.status === 404 && error.cause instanceof CloudError,
    );
    assert.deepEqual(world.lifecycle.snapshot.device, DEVICE);
    assert.deepEqual(files(), before);
    assert.equal((await world.backup.list(DEVICE)).length, 1);
  });
});

Deno.test("reprovisioning to another hub moves state and backups there", async () => {
  await story(async (start, home) => {
    const world = start(new TestHub(), "a");
    await world.lifecycle.start();
    const moved = config(home, "a");
    assert.ok(moved.provisioning.source === "manual");
    moved.provisioning.iothub_hostname = "other-hub.example.net";
    await world.lifecycle.reload(moved);
    assert.equal(world.lifecycle.snapshot.device?.hub, DEVICE.hub, "not before it is asked for");
    await world.lifecycle.reprovision();
    assert.equal(world.lifecycle.snapshot.device?.hub, "other-hub.example.net");
    assert.equal((await world.state.device())?.hub, "other-hub.example.net");
    assert.deepEqual([...Deno.readDirSync(`${home}/modules`)].map(({ name }) => name), [
      await directoryName({ hub: "other-hub.example.net", deviceId: "press-07" }),
    ]);
  });
});
