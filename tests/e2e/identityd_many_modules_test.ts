// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { eventually, makeWorld, principal } from "./identityd_world.ts";

/** More than IoT Hub allows a device, so that no width and no batch divides it. */
const COUNT = 123;
const MASTER_KEY = Uint8Array.from({ length: 32 }, (_, index) => index);

function keyOf(module: string, generation: string): string {
  return createHmac("sha256", MASTER_KEY).update(`${module}:${generation}:primary`)
    .digest("base64");
}

Deno.test("many modules are made several at a time, each with its own keys, and taken away again", async () => {
  const names = Array.from({ length: COUNT }, (_, index) => `m${index}`);
  const principals = names.map((name, index) => principal(60_000 + index, name, "module"));
  await using world = await makeWorld({
    principals: principals.join(""),
    keys: { aziot_identityd_master_id: MASTER_KEY },
  });
  const { hub, device, identityd } = world;
  hub.maxModules = COUNT;
  await identityd.daemon.start();
  assert.deepEqual([...device.modules.keys()].sort(), names.toSorted());
  for (const [name, { credentials, generationId }] of device.modules) {
    assert.ok(credentials.type === "sas");
    assert.equal(credentials.primaryKey.toBase64(), keyOf(name, generationId), name);
  }
  assert.equal(world.cloud.log().length, 1 + 2 * COUNT, "nothing was asked twice");

  // Nothing is left to do at the next start, then all is to go but one.
  const since = world.cloud.log().length;
  await identityd.daemon.stop();
  await identityd.daemon.start();
  assert.equal(world.cloud.log().length, since + 1);
  const config = await Deno.readTextFile(`${identityd.dir}/etc/aziot/identityd/config.toml`);
  const [first = "", ...others] = principals;
  await Deno.writeTextFile(
    `${identityd.dir}/etc/aziot/identityd/config.toml`,
    others.reduce((text, other) => text.replace(other, ""), config),
  );
  await identityd.daemon.stop();
  await identityd.daemon.start();
  assert.deepEqual([...device.modules.keys()], [/name = "(.*)"/.exec(first)?.[1]]);
});

Deno.test("a module that the hub refuses does not undo those that were made beside it", async () => {
  const names = ["a", "b", "c", "d", "e", "f", "g", "h"];
  const principals = names.map((name, index) => principal(60_000 + index, name, "module"));
  await using world = await makeWorld({ principals: principals.join(""), timeScale: 0.05 });
  const { device, identityd } = world;
  const refusing = world.cloud.faults.add({
    match: { method: "PUT", path: "/modules/c$" },
    fault: { kind: "status", status: 400 },
  });
  const started = identityd.daemon.start();
  started.catch(() => {});
  await eventually("the refusal", () => identityd.daemon.log().includes("The device is refused"));
  const made = new Map([...device.modules].map(([name, module]) => [name, module.generationId]));
  assert.ok(made.size > 0 && !made.has("c"));
  world.cloud.faults.remove(refusing);
  await started;
  assert.deepEqual([...device.modules.keys()].sort(), names);
  for (const [name, generation] of made) {
    assert.equal(device.modules.get(name)?.generationId, generation, `${name} was kept`);
  }
});
