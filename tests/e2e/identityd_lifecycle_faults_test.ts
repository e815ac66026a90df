// SPDX-License-Identifier: MIT

/** Applies the faults of the table to what a start, a reload and a reprovisioning ask of the hub. */

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { type StepRow, STEPS, TRIGGERS } from "./identityd_fault_outcomes.ts";
import { type FaultRow, FAULTS, isSilent, SILENT_LIMIT_SCALE } from "./identityd_fault_table.ts";
import { eventually, makeWorld, manualConfig, principal, type World } from "./identityd_world.ts";

/** Pauses are short. */
const TIME_SCALE = 0.02;
const MASTER_KEY = Uint8Array.from({ length: 32 }, (_, index) => index);

type Trigger = keyof typeof TRIGGERS;

function configure({ hub, identityd }: World, modules: string[]): Promise<void> {
  const principals = modules.map((name, index) => principal(54_001 + index, name, "module")).join(
    "",
  );
  return identityd.configure(manualConfig(hub.hostName, { principals }));
}

/** Whether the hub has exactly these modules, with the keys that belong to their generations. */
function isInLine({ device }: World, modules: string[]): boolean {
  return [...device.modules.keys()].sort().join() === modules.join() &&
    modules.every((name) => {
      const { credentials, generationId } = device.modules.get(name) ?? {};
      const key = createHmac("sha256", MASTER_KEY).update(`${name}:${generationId}:primary`);
      return credentials?.type === "sas" &&
        credentials.primaryKey.toBase64() === key.digest("base64");
    });
}

function deviceStatus(world: World): Promise<number | undefined> {
  return world.ask("POST /identities/device", { body: { type: "aziot" } })
    .then(({ status }) => status, () => undefined);
}

/** Brings the service to the configuration of `before`, with a hub that does its work. */
async function prepare(world: World, { before, after }: StepRow): Promise<void> {
  const { daemon } = world.identityd;
  await daemon.stop();
  await configure(world, before);
  await daemon.start();
  assert.ok(isInLine(world, before));
  if (after.join() !== before.join()) await configure(world, after);
}

/** Sets off the trigger; what it gives is the answer of whoever waits for one. */
async function setOff(world: World, trigger: Trigger, fault: () => Promise<void>) {
  const { daemon } = world.identityd;
  switch (trigger) {
    case "start": {
      await daemon.stop();
      await fault();
      const started = daemon.start();
      // Refused, it serves without being ready.
      started.catch(() => {});
      return undefined;
    }
    case "reload":
      await fault();
      daemon.signal("SIGHUP");
      return undefined;
    case "reprovision":
      await fault();
      return await world.ask("POST /identities/device/reprovision");
  }
}

async function check(world: World, trigger: Trigger, step: StepRow, row: FaultRow): Promise<void> {
  const { cloud, hub, identityd } = world;
  const since = identityd.daemon.log().length;
  const logged = () => identityd.daemon.log().slice(since);
  const order = async () => {
    // Whoever comes next comes on a new connection.
    await hub.setListening(false);
    if (!row.fault) return;
    await hub.setListening(true);
    cloud.faults.add({ match: step.match, skip: step.skip ?? 0, fault: row.fault });
  };
  const answer = await setOff(world, trigger, order);

  if (row.is !== "harmless") {
    const { outcomes, status } = TRIGGERS[trigger];
    const { served, log } = outcomes[row.is === "away" ? "away" : "refused"];
    await eventually(`${log}`, () => log.test(logged()));
    if (status !== undefined) assert.equal(answer?.status, status);
    await eventually("an answer", async () => await deviceStatus(world) !== undefined);
    assert.equal(await deviceStatus(world), served ? 200 : 400);
    // Nothing that was known is lost.
    await Deno.stat(`${identityd.home}/device_info`);
    assert.ok([...Deno.readDirSync(`${identityd.home}/modules`)].length > 0);
  }
  cloud.faults.clear();
  if (!hub.listening) await hub.setListening(true);
  await eventually("hub and principals in line", () => isInLine(world, step.after));
  await eventually("the device's identity", async () => await deviceStatus(world) === 200);
}

for (const trigger of ["start", "reload", "reprovision"] as const) {
  for (const [stepName, step] of Object.entries(STEPS)) {
    // A reprovisioning removes and makes anew what it finds.
    const after = trigger === "reprovision" ? step.before : step.after;
    const rows = (step.faults ?? Object.keys(FAULTS)).map((name): [string, FaultRow] => {
      const row = FAULTS[name];
      assert.ok(row, name);
      return [name, step.harmless?.[name] === undefined ? row : { ...row, is: "harmless" }];
    });
    const silent = rows.filter(([, row]) => isSilent(row));
    const loud = rows.filter(([, row]) => !isSilent(row));
    const tests = [
      { what: "whatever the hub does", rows: loud, limitScale: 1 },
      { what: "when the hub is silent", rows: silent, limitScale: SILENT_LIMIT_SCALE },
    ];
    for (const { what, rows, limitScale } of tests.filter(({ rows }) => rows.length > 0)) {
      Deno.test(`${trigger}, to ${stepName}: ${what}, the table says what becomes of the device`, async (t) => {
        await using world = await makeWorld({
          timeScale: TIME_SCALE,
          limitScale,
          keys: { aziot_identityd_master_id: MASTER_KEY },
        });
        for (const [name, row] of rows) {
          await t.step(name, async () => {
            await prepare(world, { ...step, after });
            await check(world, trigger, { ...step, after }, row);
          });
        }
      });
    }
  }
}
