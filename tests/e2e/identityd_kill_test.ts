// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { eventually, makeWorld, manualConfig, principal, type World } from "./identityd_world.ts";
import { randomNumbers } from "./random_numbers.ts";

/** How often the service is killed in each situation, at another moment each time (AZIOT_SEED). */
const KILLS = Number(Deno.env.get("AZIOT_KILL_MOMENTS") ?? 10);

const MASTER_KEY = Uint8Array.from({ length: 32 }, (_, index) => index);
const MODULES = ["a", "b", "c", "d", "e", "f"];

function principals(names: readonly string[]): string {
  return names.map((name, index) => principal(54_001 + index, name, "module")).join("");
}

/** What the service is doing when it is killed. */
interface Situation {
  /** A moment is chosen within so many milliseconds, longer than it takes here. */
  withinMs: number;
  /** How often it asks the hub until it is over. */
  requests: number;
  /** Begins it; `ended` settles when it is over, one way or the other. */
  begin(world: World): Promise<{ ended: Promise<unknown> }>;
}

const SITUATIONS: Record<string, Situation> = {
  "its first provisioning": {
    withinMs: 900,
    requests: 1 + 2 * MODULES.length,
    async begin({ device, identityd }) {
      // Neither the hub nor the service knows anything of a run before.
      device.modules.clear();
      for await (const { name } of Deno.readDir(identityd.home)) {
        await Deno.remove(`${identityd.home}/${name}`, { recursive: true });
      }
      return { ended: identityd.daemon.start().catch(() => {}) };
    },
  },
  "a reconciliation": {
    withinMs: 300,
    requests: 1 + 1 + 2 * 3,
    async begin({ device, hub, identityd }) {
      // Half of the modules have gone, and one that is no principal any more is to go.
      await identityd.configure(
        manualConfig(hub.hostName, { principals: principals([...MODULES, "former"]) }),
      );
      await identityd.daemon.start();
      for (const name of ["a", "c", "e"]) device.modules.delete(name);
      await identityd.configure(manualConfig(hub.hostName, { principals: principals(MODULES) }));
      identityd.daemon.signal("SIGHUP");
      return { ended: Promise.resolve() };
    },
  },
  "a reprovisioning that a caller asked for": {
    withinMs: 300,
    requests: 1 + 3 * MODULES.length,
    async begin(world) {
      await world.identityd.daemon.start();
      return { ended: world.ask("POST /identities/device/reprovision").catch(() => {}) };
    },
  },
};

for (const [name, { withinMs, requests, begin }] of Object.entries(SITUATIONS)) {
  Deno.test(`killed at any moment of ${name}, the service has all modules with their keys after a restart`, async () => {
    const random = randomNumbers();
    await using world = await makeWorld({
      principals: principals(MODULES),
      keys: { aziot_identityd_master_id: MASTER_KEY },
    });
    const { daemon, home } = world.identityd;
    await daemon.start();
    await daemon.stop();

    for (let round = 0; round < KILLS; round++) {
      // By turns at a time, and when the hub has been asked so much: a slow machine is late.
      const moment = random() * withinMs;
      const asked = round % 2 === 0 ? Infinity : Math.floor(random() * requests);
      const what = asked === Infinity
        ? `round ${round}, killed after ${Math.round(moment)} ms`
        : `round ${round}, killed after ${asked} requests`;
      const { ended } = await begin(world);
      const before = world.cloud.log().length;
      if (asked === Infinity) await new Promise((resolve) => setTimeout(resolve, moment));
      else await eventually(what, () => world.cloud.log().length >= before + asked);
      await daemon.kill9();
      await ended;

      await daemon.start();
      assertModules(world, what);
      const { status } = await world.ask("GET /identities/modules/a?type=aziot");
      assert.equal(status, 200, what);
      assert.deepEqual(
        [...Deno.readDirSync(home)].map((entry) => entry.name).sort(),
        ["device_info", "modules", "prev_state"],
        what,
      );
      await daemon.stop();
    }
  });
}

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
