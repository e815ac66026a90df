// SPDX-License-Identifier: MIT

/** What happens to a device that others change behind its back, in the hub and on this machine. */

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import {
  eventually,
  makeWorld,
  principal,
  type World,
  type WorldOptions,
} from "./identityd_world.ts";

const MASTER_KEY = Uint8Array.from({ length: 32 }, (_, index) => index);
/** In seconds, a leap year and a day: the hub takes a token that ends within a year. */
const YEAR = 367 * 24 * 3_600;
const TELEMETRY = "/identities/modules/telemetry?type=aziot";

async function started(options: WorldOptions = {}): Promise<World> {
  const world = await makeWorld({
    principals: principal(54_001, "telemetry", "module"),
    keys: { aziot_identityd_master_id: MASTER_KEY },
    timeScale: 0.02,
    ...options,
  });
  try {
    await world.identityd.daemon.start();
    return world;
  } catch (error) {
    await world[Symbol.asyncDispose]();
    throw error;
  }
}

/** Whether the hub has the principal's module with the key that belongs to its generation. */
function isInLine({ hub }: World): boolean {
  const module = hub.devices.get("press-07")?.modules.get("telemetry");
  if (module?.credentials.type !== "sas") return false;
  const key = createHmac("sha256", MASTER_KEY).update(`telemetry:${module.generationId}:primary`);
  return module.credentials.primaryKey.toBase64() === key.digest("base64");
}

for (const [where, offset] of [["ahead of", -YEAR], ["behind", YEAR]] as const) {
  Deno.test(`a clock that is a year ${where} the hub's is named, and all is well once it is right`, async () => {
    await using world = await started();
    const { ask, cloud, identityd } = world;
    // The machine's clock stays as it is: it is the hub that has moved.
    cloud.clock.offsetSeconds = offset;
    const { status } = await ask(`GET ${TELEMETRY}`);
    assert.equal(status, 404, "a refused token is no reason to trust the backup");
    await eventually(
      "the hint",
      () =>
        new RegExp(`this machine's clock is \\d{8} seconds ${where} the hub's`)
          .test(identityd.daemon.log()),
    );
    assert.equal((await ask("GET /identities/provisioning")).status, 200);
    cloud.clock.offsetSeconds = 0;
    await eventually("the module", async () => (await ask(`GET ${TELEMETRY}`)).status === 200);
  });
}

Deno.test("a device that was disabled is refused, and served again once it is enabled", async () => {
  await using world = await started();
  const { ask, device } = world;
  device.configure({ status: "disabled" });
  assert.equal((await ask(`GET ${TELEMETRY}`)).status, 404);
  // Its own identity is the configuration's business: the hub is not asked for it.
  assert.equal((await ask("POST /identities/device", { body: { type: "aziot" } })).status, 200);
  assert.equal((await ask("POST /identities/device/reprovision")).status, 404);
  device.configure({ status: "enabled" });
  await eventually("the module", async () => (await ask(`GET ${TELEMETRY}`)).status === 200);
  assert.ok(isInLine(world));
});

Deno.test("a device that was deleted and made again under its name gets its modules back", async () => {
  await using world = await started();
  const { ask, hub, identityd } = world;
  const primaryKey = world.device.primaryKey ?? "";
  hub.removeDevice("press-07");
  assert.equal((await ask(`GET ${TELEMETRY}`)).status, 404);
  assert.equal((await ask("POST /identities/device/reprovision")).status, 404);
  await Deno.stat(`${identityd.home}/device_info`);

  hub.addDevice("press-07", { auth: { sas: { primaryKey, secondaryKey: primaryKey } } });
  await eventually("the module in the hub", () => isInLine(world));
  await eventually("the module", async () => (await ask(`GET ${TELEMETRY}`)).status === 200);
});

Deno.test("a device made again while the service was off is made whole at the next start", async () => {
  await using world = await started();
  const { hub, identityd } = world;
  const primaryKey = world.device.primaryKey ?? "";
  await identityd.daemon.stop();
  hub.removeDevice("press-07");
  hub.addDevice("press-07", { auth: { sas: { primaryKey, secondaryKey: primaryKey } } });
  await identityd.daemon.start();
  assert.ok(isInLine(world));
});

Deno.test("a module deleted behind our back is not served from the backup, and made at a reload", async () => {
  await using world = await started();
  const { ask, device, identityd } = world;
  assert.equal((await ask(`GET ${TELEMETRY}`)).status, 200);
  // Past the time in which the hub may not know yet what it has just made.
  await new Promise((resolve) => setTimeout(resolve, 700));
  device.modules.delete("telemetry");
  const gone = await ask(`GET ${TELEMETRY}`);
  assert.equal(gone.status, 404);
  assert.match(JSON.stringify(gone.body), /module telemetry not found/);
  identityd.daemon.signal("SIGHUP");
  await eventually("the module in the hub", () => isInLine(world));
});

Deno.test("a module made again by somebody else gets keys of its new generation when it is updated", async () => {
  await using world = await started();
  const { ask, device } = world;
  const before = device.modules.get("telemetry")?.generationId;
  device.modules.delete("telemetry");
  device.putModule("telemetry", {}, new Date());
  assert.notEqual(device.modules.get("telemetry")?.generationId, before);
  assert.equal((await ask(`PUT ${TELEMETRY}`, { body: {} })).status, 200);
  assert.ok(isInLine(world));
});

Deno.test("a Keys Service that restarts at any moment costs a caller nothing lasting", async () => {
  // Attempts and pauses as long as a restart takes.
  await using world = await started({ timeScale: 0.2 });
  const { ask, identityd } = world;
  let isOver = false;
  const restarts = (async () => {
    for (let count = 0; count < 5; count++) {
      await (count % 2 === 0 ? identityd.keyd.kill9() : identityd.keyd.stop());
      await identityd.keyd.start();
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    isOver = true;
  })();
  while (!isOver) {
    const answers = await Promise.all([
      ask("POST /identities/device", { body: { type: "aziot" } }),
      ask(`GET ${TELEMETRY}`),
      ask(`PUT ${TELEMETRY}`, { body: {} }),
      ask("GET /identities/provisioning"),
    ]);
    // An answer each time, and one that the API knows.
    for (const { status } of answers) assert.ok([200, 404, 500].includes(status), `${status}`);
    assert.equal(answers[3].status, 200, "what needs no key is not touched");
  }
  await restarts;
  for (const request of [`GET ${TELEMETRY}`, "GET /identities/modules?type=aziot"]) {
    await eventually(request, async () => (await ask(request)).status === 200);
  }
  assert.equal((await ask(`PUT ${TELEMETRY}`, { body: {} })).status, 200);
  assert.ok(isInLine(world));
});
