// SPDX-License-Identifier: MIT

/** The Identity Service on a disk that is full: identities need no room, what is remembered does. */

import assert from "node:assert/strict";
import { run } from "./certd_daemon.ts";
import { eventually, makeWorld, principal, type World } from "./identityd_world.ts";

const ignore = Deno.uid() !== 0;
const GET = "GET /identities/modules/telemetry?type=aziot";
const NO_SPACE = /could not write .*\/identityd\/device_info: no space left on the device/;

/** A world whose home directory is a disk of its own, of 64 KiB. */
async function onDisk(use: (world: World, filler: string) => Promise<void>): Promise<void> {
  await using world = await makeWorld({
    principals: principal(54_001, "telemetry", "module"),
    timeScale: 0.02,
  });
  const { home, daemon } = world.identityd;
  await run("mount", "-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs", home);
  try {
    await use(world, `${home}/filler`);
  } finally {
    await daemon.stop();
    await run("umount", home);
  }
}

/** Takes all the room that is left. */
async function fill(filler: string): Promise<void> {
  using file = await Deno.open(filler, { create: true, append: true });
  for (;;) {
    try {
      await file.write(new Uint8Array(4_096));
    } catch {
      return;
    }
  }
}

function files(home: string): string[] {
  return [...Deno.readDirSync(home)].map(({ name }) => name).sort();
}

Deno.test("a fresh device whose disk is full is served, and remembered once there is room", {
  ignore,
}, async () => {
  await onDisk(async ({ ask, device, hub, identityd }, filler) => {
    await fill(filler);
    await identityd.daemon.start();
    assert.match(identityd.daemon.log(), NO_SPACE);
    assert.equal((await ask("POST /identities/device", { body: { type: "aziot" } })).status, 200);
    assert.equal((await ask(GET)).status, 200);
    const generation = device.modules.get("telemetry")?.generationId;
    // However often it is tried, the module stays the one that its process has.
    const tries = () => identityd.daemon.log().match(new RegExp(NO_SPACE, "g"))?.length ?? 0;
    await eventually("further attempts", () => tries() >= 3);
    assert.equal(device.modules.get("telemetry")?.generationId, generation);

    await Deno.remove(filler);
    await eventually(
      "the files",
      () => files(identityd.home).join() === "device_info,modules,prev_state",
    );
    assert.equal(device.modules.get("telemetry")?.generationId, generation);
    await hub.setListening(false);
    assert.equal((await ask(GET)).status, 200, "from the backup");
    await hub.setListening(true);
    await identityd.daemon.stop();
    await identityd.daemon.start();
    assert.equal(device.modules.get("telemetry")?.generationId, generation);
  });
});

Deno.test("on a full disk changes reach the hub, and the old files stay whole", {
  ignore,
}, async () => {
  await onDisk(async ({ ask, device, identityd }, filler) => {
    const { home } = identityd;
    await identityd.daemon.start();
    const state = () =>
      ["device_info", "prev_state"].map((name) => Deno.readTextFileSync(`${home}/${name}`));
    const before = state();
    await fill(filler);

    const body = { type: "aziot", moduleId: "fresh" };
    assert.equal((await ask("POST /identities/modules", { body })).status, 200);
    assert.equal((await ask("GET /identities/modules/fresh?type=aziot")).status, 200);
    assert.equal((await ask("DELETE /identities/modules/fresh?type=aziot")).status, 204);
    // Whoever asks for it has to know that the next start would not know of it.
    assert.equal((await ask("POST /identities/device/reprovision")).status, 500);
    assert.deepEqual(state(), before);
    assert.equal((await ask(GET)).status, 200);
    const generation = device.modules.get("telemetry")?.generationId;
    await eventually("no unfinished file", () => files(home).every((name) => name[0] !== "."));

    const { ino } = Deno.statSync(`${home}/prev_state`);
    await Deno.remove(filler);
    await eventually("new files", () => Deno.statSync(`${home}/prev_state`).ino !== ino);
    assert.equal(device.modules.get("telemetry")?.generationId, generation);
    assert.equal((await ask("POST /identities/device/reprovision")).status, 204);
  });
});
