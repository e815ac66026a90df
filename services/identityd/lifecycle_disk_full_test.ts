// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { DEVICE, TestHub } from "./test_hub.ts";
import { story, type World } from "./test_world.ts";

const FULL = new Error("could not write a file: no space left on the device", {
  cause: Object.assign(new Error("No space left on device"), { code: "ENOSPC" }),
});

/** Keeps `device_info` and `prev_state` from being written; answers with what ends that. */
function fillDisk({ state }: World): () => void {
  const { save } = state;
  state.save = () => Promise.reject(FULL);
  return () => void (state.save = save);
}

function files(home: string): string[] {
  return [...Deno.readDirSync(home)].map(({ name }) => name).sort();
}

Deno.test("a full disk costs what is remembered, not the identities", async () => {
  await story(async (start) => {
    const world = start(new TestHub(), "a");
    fillDisk(world);
    assert.equal(await world.lifecycle.start(), true);
    assert.ok(world.lines.includes(`ERR! ${FULL.message}`));
    // Who asks for it is told that it could not be done.
    await assert.rejects(world.lifecycle.reprovision(), FULL);
    assert.deepEqual(world.lifecycle.snapshot.device, DEVICE);
  });
});

Deno.test("modules made while the disk was full are not made again by the next start", async () => {
  await story(async (start, home) => {
    const hub = new TestHub();
    const world = start(hub, "a", "b");
    fillDisk(world);
    await world.lifecycle.start();
    const generations = [hub.generation("a"), hub.generation("b")];
    assert.ok(files(home).includes("reconciliation"));

    const after = start(hub, "a", "b");
    await after.lifecycle.start();
    assert.deepEqual([hub.generation("a"), hub.generation("b")], generations);
    assert.deepEqual(files(home), ["device_info", "modules", "prev_state"]);
  });
});

Deno.test("what a request has made anew while the disk was full is not made again either", async () => {
  await story(async (start, home) => {
    const hub = new TestHub();
    const world = start(hub, "a");
    await world.lifecycle.start();
    fillDisk(world);
    await assert.rejects(world.lifecycle.reprovision(), FULL);
    const generation = hub.generation("a");

    await start(hub, "a").lifecycle.start();
    assert.equal(hub.generation("a"), generation);
    assert.deepEqual(files(home), ["device_info", "modules", "prev_state"]);
  });
});

Deno.test("once there is room what could not be remembered is, without a restart", async () => {
  await story(async (start, home) => {
    const hub = new TestHub();
    const world = start(hub, "a");
    const makeRoom = fillDisk(world);
    await world.lifecycle.start();
    const generation = hub.generation("a");
    await world.nextAttempt();
    // Each attempt waits longer than the one before it.
    assert.deepEqual(world.clock.pauses, [10_000, 20_000]);
    makeRoom();
    await world.nextAttempt();
    assert.equal(hub.generation("a"), generation);
    assert.deepEqual(files(home), ["device_info", "modules", "prev_state"]);
    assert.deepEqual(world.clock.pauses, [10_000, 20_000]);
  });
});

Deno.test("not even the progress needs the disk as long as the service runs", async () => {
  await story(async (start, home) => {
    const hub = new TestHub();
    const world = start(hub, "a");
    const makeRoom = fillDisk(world);
    // A directory where the file belongs fails its writes and reads as a full disk would.
    await Deno.mkdir(`${home}/reconciliation/x`, { recursive: true });
    await world.lifecycle.start();
    const generation = hub.generation("a");
    await world.nextAttempt();
    assert.equal(hub.generation("a"), generation);
    makeRoom();
    await Deno.remove(`${home}/reconciliation`, { recursive: true });
    await world.nextAttempt();
    assert.equal(hub.generation("a"), generation);
    assert.deepEqual(files(home), ["device_info", "modules", "prev_state"]);
  });
});
