// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { ServiceError } from "../http/errors.ts";
import { CloudError } from "./cloud_errors.ts";
import { DEVICE, OUTAGE, TestHub } from "./test_hub.ts";
import { config, story, World } from "./test_world.ts";

const fails = (error: () => Error) => () => {
  throw error();
};

Deno.test("a first start makes the principals' modules and remembers that", async () => {
  await story(async (start, home) => {
    const world = start(new TestHub("foreign", "both"), "mod", "both");
    assert.equal(await world.lifecycle.start(), true);
    assert.deepEqual(world.lines, [
      "INFO Provisioning starting. Reason: Startup",
      "INFO Updated device info for press-07.",
      "INFO Provisioning complete.",
      "INFO Identity reconciliation started. Reason: Startup",
      'INFO Hub identity "both" will be recreated',
      'INFO Hub identity "both" added',
      'INFO Hub identity "mod" added',
      "INFO Identity reconciliation complete.",
    ]);
    assert.deepEqual(world.lifecycle.snapshot.device, DEVICE);
    assert.deepEqual([...Deno.readDirSync(home)].map(({ name }) => name).sort(), [
      "device_info",
      "modules",
      "prev_state",
    ]);
    assert.deepEqual((await world.backup.list(DEVICE)).map(({ moduleId }) => moduleId), [
      "both",
      "foreign",
      "mod",
    ]);
  });
});

Deno.test("a restart keeps what is there and removes what is no principal any more", async () => {
  await story(async (start) => {
    const hub = new TestHub("foreign");
    await start(hub, "a", "b").lifecycle.start();
    const generation = hub.generation("a");
    await start(hub, "a").lifecycle.start();
    assert.deepEqual([...hub.modules.keys()], ["foreign", "a"]);
    assert.equal(hub.generation("a"), generation);
  });
});

Deno.test("what a run that was cut short has made goes when it is no principal any more", async () => {
  await story(async (start) => {
    const hub = new TestHub();
    hub.fault = (call) => {
      if (call === "create b") throw OUTAGE();
    };
    await start(hub, "a", "b").lifecycle.start();
    assert.deepEqual([...hub.modules.keys()], ["a"]);
    hub.fault = () => {};
    await start(hub, "c").lifecycle.start();
    assert.deepEqual([...hub.modules.keys()], ["c"]);
  });
});

Deno.test("a start without a hub serves what is known, and goes on when the hub is back", async () => {
  await story(async (start) => {
    const hub = new TestHub();
    hub.fault = fails(OUTAGE);
    const world = start(hub, "mod");
    assert.equal(await world.lifecycle.start(), true);
    assert.deepEqual(world.lifecycle.snapshot.device, DEVICE);
    assert.equal(
      world.lines.at(-1),
      "WARN Network not available for Identity reconciliation. Using offline backup from last run.",
    );
    assert.deepEqual(world.clock.pauses, [10_000]);

    await world.nextAttempt();
    assert.deepEqual(world.clock.pauses, [10_000, 20_000], "still away");
    hub.fault = () => {};
    await world.nextAttempt();
    assert.ok(hub.generation("mod"));
    assert.deepEqual(world.clock.pauses, [10_000, 20_000], "nothing more to do");
  });
});

Deno.test("a start that a key prevents fails with what the Keys Service says", async () => {
  await story(async (start) => {
    const hub = new TestHub();
    hub.fault = fails(() => new CloudError("rejected", "a parameter has an invalid value"));
    const world = start(hub);
    await assert.rejects(
      world.lifecycle.start(),
      (error) =>
        error instanceof ServiceError && error.message === "Hub client error" &&
        error.cause instanceof CloudError,
    );
    assert.equal(
      world.lines.at(-1),
      "ERR! Failed to provision with IoT Hub, and no valid device backup was found: " +
        "Hub client error",
    );
  });
});

Deno.test("a start waits for nobody who asks for patience, and ends in the background", async () => {
  await story(async (start) => {
    const hub = new TestHub();
    const world = start(hub, "mod");
    const gate = Promise.withResolvers<void>();
    hub.fault = (call) => {
      if (call !== "list") return;
      world.reads.throttled(60_000);
      world.lifecycle.throttled();
      return gate.promise;
    };
    assert.equal(await world.lifecycle.start(), true);
    assert.deepEqual(world.lifecycle.snapshot.device, DEVICE);
    assert.equal(hub.modules.size, 0);
    gate.resolve();
    await world.queue.run(() => Promise.resolve());
    assert.ok(hub.generation("mod"));
  });
});

Deno.test("a hub that was changed is the device's from the next start on", async () => {
  await story(async (start, home) => {
    await start(new TestHub(), "a").lifecycle.start();
    const moved = config(home, "a");
    assert.ok(moved.provisioning.source === "manual");
    moved.provisioning.iothub_hostname = "other-hub.example.net";
    const hub = new TestHub("a");
    const before = hub.generation("a");
    const world = new World(home, moved, hub);
    await world.lifecycle.start();
    assert.notEqual(hub.generation("a"), before, "another hub's module is not ours");
    assert.equal([...Deno.readDirSync(`${home}/modules`)].length, 1);
  });
});

Deno.test("a disk that cannot be written for another reason ends the start", async () => {
  await story(async (start) => {
    const world = start(new TestHub(), "a");
    world.state.save = () => Promise.reject(new Error("permission denied"));
    await assert.rejects(world.lifecycle.start(), { message: "permission denied" });
  });
});

Deno.test("without a source there is no device, and forgetting one takes a request", async () => {
  await story(async (start, home) => {
    await start(new TestHub(), "a").lifecycle.start();
    const none = config(home);
    none.provisioning = { source: "none" };
    const hub = new TestHub();
    const world = new World(home, none, hub);
    assert.equal(await world.lifecycle.start(), true);
    assert.deepEqual(hub.calls, []);
    assert.deepEqual(world.lines, [
      "INFO Provisioning starting. Reason: Startup",
      "INFO Skipping provisioning with IoT Hub.",
      "INFO Provisioning complete.",
      "INFO Identity reconciliation started. Reason: Startup",
      "INFO reconcilation skipped since device is not provisioned",
      "INFO Identity reconciliation complete.",
    ]);
    assert.ok(await world.state.device(), "a restart forgets nothing");
    await world.lifecycle.reprovision();
    assert.equal(await world.state.device(), undefined);
    assert.deepEqual([...Deno.readDirSync(`${home}/modules`)], []);
  });
});

Deno.test("of several principals without idtype the log names those that do not count", async () => {
  await story(async (_start, home) => {
    await Promise.resolve();
    const two = config(home);
    two.principal = [{ uid: 1, name: "a" }, { uid: 2, name: "b" }];
    const world = new World(home, two, new TestHub());
    assert.deepEqual(world.lines, [
      'WARN principal "b" is not authorized: only one principal may lack an idtype',
    ]);
  });
});
