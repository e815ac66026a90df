// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { DEVICE, refusal, TestHub } from "./test_hub.ts";
import { config, story } from "./test_world.ts";

const fails = (error: () => Error) => () => {
  throw error();
};

Deno.test("a reload adds and removes modules of principals at once", async () => {
  await story(async (start, home) => {
    const hub = new TestHub("api-made");
    const world = start(hub, "a", "b");
    await world.lifecycle.start();
    const kept = hub.generation("a");
    await world.lifecycle.reload(config(home, "a", "c"));
    assert.deepEqual([...hub.modules.keys()].sort(), ["a", "api-made", "c"]);
    assert.equal(hub.generation("a"), kept);
    assert.ok(world.lifecycle.snapshot.principals.modules.has("c"));
    assert.ok(
      world.lines.includes("INFO Identity reconciliation started. Reason: ConfigurationFileUpdate"),
    );
  });
});

Deno.test("a reload that the hub refuses keeps the device and warns", async () => {
  await story(async (start, home) => {
    const hub = new TestHub();
    const world = start(hub, "a");
    await world.lifecycle.start();
    hub.fault = fails(() => refusal(403, "disabled"));
    await world.lifecycle.reload(config(home, "a", "b"));
    assert.deepEqual(world.lifecycle.snapshot.device, DEVICE);
    assert.equal(
      world.lines.at(-1),
      "WARN Failed to reprovision device. Running offline. Reason: disabled",
    );
  });
});

Deno.test("modules that a failing Keys Service has left unmade are made when it is back", async () => {
  await story(async (start, home) => {
    const hub = new TestHub();
    const world = start(hub, "a");
    await world.lifecycle.start();
    world.keys.failure = new Error("keys are away");
    await assert.rejects(world.lifecycle.reprovision(), { message: "keys are away" });
    assert.equal(hub.generation("a"), undefined);
    world.keys.failure = undefined;
    await world.nextAttempt();
    assert.ok(hub.generation("a"));

    world.keys.failure = new Error("keys are away");
    await world.lifecycle.reload(config(home, "a", "b"));
    assert.equal(
      world.lines.at(-1),
      "WARN Failed to reprovision device. Running offline. Reason: keys are away",
    );
    world.keys.failure = undefined;
    await world.nextAttempt();
    assert.ok(hub.generation("b"));
  });
});
