// SPDX-License-Identifier: MIT

/** Applies each fault of the table to each call of the API. */

import assert from "node:assert/strict";
import { CALLS } from "./identityd_fault_outcomes.ts";
import { FAULTS, isSilent, SILENT_LIMIT_SCALE } from "./identityd_fault_table.ts";
import { eventually, makeWorld, type World } from "./identityd_world.ts";

/** Pauses are short. */
const TIME_SCALE = 0.02;

async function started(limitScale: number): Promise<World> {
  const world = await makeWorld({ timeScale: TIME_SCALE, limitScale });
  try {
    await world.identityd.daemon.start();
    return world;
  } catch (error) {
    await world[Symbol.asyncDispose]();
    throw error;
  }
}

/** The names of the modules in the backup. */
function backups({ identityd: { home } }: World): string[] {
  const [directory] = [...Deno.readDirSync(`${home}/modules`)];
  assert.ok(directory);
  return [...Deno.readDirSync(`${home}/modules/${directory.name}`)]
    .map(({ name }) => name.slice(0, name.indexOf("-")));
}

const SILENT = Object.entries(FAULTS).filter(([, row]) => isSilent(row));
const LOUD = Object.entries(FAULTS).filter(([, row]) => !isSilent(row));
const TESTS = [
  { what: "whatever the hub does", rows: LOUD, limitScale: 1 },
  { what: "when the hub is silent", rows: SILENT, limitScale: SILENT_LIMIT_SCALE },
].flatMap((test) => Object.entries(CALLS).map((call) => ({ ...test, call })));

for (const { what, rows, limitScale, call: [callName, call] } of TESTS) {
  Deno.test(`${callName}: ${what}, the caller is told what the table says`, async (t) => {
    await using world = await started(limitScale);
    const { ask, cloud, device, hub, identityd } = world;
    const body = (value: unknown) => value === undefined ? {} : { body: value };
    for (const [name, row] of rows) {
      const { reason: _, ...but } = call.but?.[name] ?? { reason: "" };
      const { asked, fault, is, log = [], told } = { ...row, ...but };
      await t.step(name, async () => {
        if (!device.modules.has("old") || !backups(world).includes("old")) {
          device.modules.delete("old");
          await ask("POST /identities/modules", { body: { type: "aziot", moduleId: "old" } });
        }
        try {
          const since = identityd.daemon.log().length;
          // Whoever comes next comes on a new connection.
          await hub.setListening(false);
          if (fault) {
            await hub.setListening(true);
            cloud.faults.add({ match: call.match, skip: call.skip ?? 0, fault });
          }

          const answer = await ask(call.request, body(call.body));
          const [status, backup] = call.outcomes[is];
          assert.equal(answer.status, status, JSON.stringify(answer.body));
          if (status === 404) {
            assert.match(JSON.stringify(answer.body), /"Hub client error\\ncaused by: /);
          }
          const hits = cloud.faults.list().reduce((sum, order) => sum + order.hits, 0);
          if (fault) assert.equal(hits, asked);
          for (const [pattern, times] of log) {
            const count = () =>
              identityd.daemon.log().slice(since).split("\n")
                .filter((line) => pattern.test(line)).length;
            // The log comes by another way than the answer.
            await eventually(`${pattern}`, () => count() >= times);
            assert.equal(count(), times, `${pattern}`);
          }
          if (status === 404 && is !== "missing") {
            const words = fault?.kind === "status" ? call.told : undefined;
            assert.match(JSON.stringify(answer.body), words ?? told);
          }
          assert.equal(backups(world).includes(call.about), backup === "kept", "backup");
        } finally {
          cloud.faults.clear();
          if (!hub.listening) await hub.setListening(true);
          if (device.modules.has("fresh")) await ask("DELETE /identities/modules/fresh?type=aziot");
          // A change ends what is remembered of a refusal.
          if (device.modules.has("old")) {
            await ask("PUT /identities/modules/old?type=aziot", { body: {} });
          }
        }
      });
    }
  });
}
