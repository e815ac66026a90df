// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { DEVICE, refusal, TestHub } from "./test_hub.ts";
import { config, story } from "./test_world.ts";

const fails = (error: () => Error) => () => {
  throw error();
};

Deno.test("a device that the hub refuses is served as unknown and asked for again", async () => {
  await story(async (start) => {
    const hub = new TestHub();
    hub.fault = fails(() => refusal(401, "Unauthorized"));
    const world = start(hub, "mod");
    assert.equal(await world.lifecycle.start(), false);
    assert.deepEqual(hub.calls, ["list", "list"], "it is provisioned anew once");
    assert.equal(world.lifecycle.snapshot.device, undefined);
    assert.equal(world.lifecycle.snapshot.refusal, "Unauthorized");
    assert.deepEqual(world.lines.slice(-3), [
      "INFO Could not reconcile Identities with current device data. Reprovisioning.",
      "INFO Updated device info for press-07.",
      "ERR! The device is refused: Unauthorized. Next attempt in 10 seconds.",
    ]);

    world.lines.length = 0;
    await world.nextAttempt();
    await world.nextAttempt();
    assert.deepEqual(world.clock.pauses, [10_000, 20_000, 40_000]);
    assert.deepEqual(world.lines, [], "the same reason is not repeated at each attempt");
    hub.fault = fails(() => refusal(403, "disabled"));
    await world.nextAttempt();
    assert.deepEqual(world.lines, [
      "ERR! The device is refused: disabled. Next attempt in 80 seconds.",
    ]);

    let isReady = false;
    world.lifecycle.whenReady.then(() => isReady = true);
    await world.nextAttempt();
    assert.equal(isReady, false);
    hub.fault = () => {};
    await world.nextAttempt();
    await world.lifecycle.whenReady;
    assert.deepEqual(world.lifecycle.snapshot.device, DEVICE);
    assert.equal(world.lifecycle.snapshot.refusal, undefined);
    assert.ok(hub.generation("mod"));
  });
});

Deno.test("a request to reprovision asks for a refused device at once", async () => {
  await story(async (start) => {
    const hub = new TestHub();
    hub.fault = fails(() => refusal(401, "Unauthorized"));
    const world = start(hub, "mod");
    await world.lifecycle.start();
    await assert.rejects(world.lifecycle.reprovision(), {
      status: 404,
      message: "Hub client error",
    });
    assert.equal(world.lifecycle.snapshot.device, undefined);
    hub.fault = () => {};
    await world.lifecycle.reprovision();
    assert.deepEqual(world.lifecycle.snapshot.device, DEVICE);
  });
});

Deno.test("a changed configuration asks for a refused device at once", async () => {
  await story(async (start, home) => {
    const hub = new TestHub();
    hub.fault = fails(() => refusal(401, "Unauthorized"));
    const world = start(hub);
    await world.lifecycle.start();
    hub.fault = () => {};
    await world.lifecycle.reload(config(home, "new"));
    assert.deepEqual(world.lifecycle.snapshot.device, DEVICE);
    assert.ok(hub.generation("new"));
  });
});
