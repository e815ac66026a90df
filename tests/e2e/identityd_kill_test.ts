// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { makeWorld, principal, type World } from "./identityd_world.ts";

/** How often the service is killed, at another moment each time. */
const KILLS = Number(Deno.env.get("AZIOT_KILL_MOMENTS") ?? "10");

/** Longer than a start or a reprovisioning takes here. */
const LONGEST_MS = 900;

const MODULES = ["a", "b", "c", "d", "e", "f"];
const MASTER_KEY = Uint8Array.from({ length: 32 }, (_, index) => index);

Deno.test("killed at any moment, the service has all modules with their keys after a restart", async () => {
  const seed = crypto.getRandomValues(new Uint32Array(1))[0] ?? 1;
  const random = generator(seed);
  const principals = MODULES.map((name, index) => principal(54_001 + index, name, "module")).join(
    "",
  );
  await using world = await makeWorld({
    principals,
    keys: { aziot_identityd_master_id: MASTER_KEY },
  });
  const { daemon } = world.identityd;

  for (let round = 0; round < KILLS; round++) {
    const moment = random() * LONGEST_MS;
    const what = `round ${round} of seed ${seed}, killed after ${Math.round(moment)} ms`;
    let killed: Promise<unknown>;
    if (round % 2 === 0) {
      // Something to do at the start: the hub has lost the modules.
      world.device.modules.clear();
      killed = daemon.start().catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, moment));
    } else {
      await daemon.start();
      killed = world.ask("POST /identities/device/reprovision").catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, moment / 3));
    }
    await daemon.kill9();
    await killed;

    await daemon.start();
    assertModules(world, what);
    const { status } = await world.ask("GET /identities/modules/a?type=aziot");
    assert.equal(status, 200, what);
    assert.deepEqual(
      [...Deno.readDirSync(world.identityd.home)].map(({ name }) => name).sort(),
      ["device_info", "modules", "prev_state"],
      what,
    );
    await daemon.stop();
  }
});

/** The hub has exactly the principals' modules, each with the keys that belong to its generation. */
function assertModules({ device }: World, what: string): void {
  assert.deepEqual([...device.modules.keys()].sort(), MODULES, what);
  for (const [name, { credentials, generationId }] of device.modules) {
    assert.ok(credentials.type === "sas");
    const expected: string = createHmac("sha256", MASTER_KEY)
      .update(`${name}:${generationId}:primary`).digest("base64");
    assert.equal(credentials.primaryKey.toBase64(), expected, `${what}: key of ${name}`);
  }
}

/** Numbers from 0 to 1 that depend on nothing but the seed (xorshift). */
function generator(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x1_0000_0000;
  };
}
