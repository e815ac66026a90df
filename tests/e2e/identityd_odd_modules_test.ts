// SPDX-License-Identifier: MIT

/** Modules as no client of ours makes them: what the hub may hold or say beside what is expected. */

import assert from "node:assert/strict";
import { eventually, makeWorld, manualConfig, principal, type World } from "./identityd_world.ts";

/** Names that objects of the language have already. */
const INHERITED = ["__proto__", "constructor", "hasOwnProperty", "prototype", "toString"];

const PRINCIPALS = INHERITED.map((name, index) => principal(54_001 + index, name, "module"))
  .join("");

async function started(principals: string, timeScale?: number): Promise<World> {
  const world = await makeWorld({
    principals,
    ...timeScale === undefined ? {} : { timeScale },
  });
  try {
    await world.identityd.daemon.start();
    return world;
  } catch (error) {
    await world[Symbol.asyncDispose]();
    throw error;
  }
}

async function listed({ ask }: World): Promise<string[]> {
  const { status, body } = await ask("GET /identities/modules?type=aziot");
  assert.equal(status, 200);
  const { identities } = JSON.parse(JSON.stringify(body));
  return identities.map(({ spec }: { spec: { moduleId: string } }) => spec.moduleId).sort();
}

function generations({ device }: World): (string | undefined)[] {
  return INHERITED.map((name) => device.modules.get(name)?.generationId);
}

Deno.test("a module may be called what objects of the language have already", async () => {
  await using world = await started(PRINCIPALS, 0.02);
  const { ask, device, hub, identityd } = world;
  assert.deepEqual([...device.modules.keys()].sort(), INHERITED);
  const first = generations(world);

  // As known after a restart, from the backup when the hub is away, and through the API.
  await identityd.daemon.stop();
  await identityd.daemon.start();
  assert.deepEqual(generations(world), first);
  assert.deepEqual(await listed(world), INHERITED);
  await hub.setListening(false);
  assert.deepEqual(await listed(world), INHERITED);
  for (const name of INHERITED) {
    const { status } = await ask(`GET /identities/modules/${name}?type=aziot`);
    assert.equal(status, 200, name);
  }
  await hub.setListening(true);
  for (const name of INHERITED) {
    const path = `/identities/modules/${name}?type=aziot`;
    assert.equal((await ask(`PUT ${path}`, { body: {} })).status, 200, name);
    assert.equal((await ask(`DELETE ${path}`)).status, 204, name);
    const made = await ask("POST /identities/modules", { body: { type: "aziot", moduleId: name } });
    assert.equal(made.status, 200, name);
  }

  // And they go with their principals.
  await identityd.configure(manualConfig(hub.hostName));
  identityd.daemon.signal("SIGHUP");
  await eventually("the removal", () => device.modules.size === 0);
});

Deno.test("such names keep their generations when a run that made them was cut short", async () => {
  await using world = await makeWorld({
    principals: PRINCIPALS + principal(54_100, "zz-refused", "module"),
    timeScale: 0.02,
  });
  const { cloud, identityd } = world;
  const refusing = cloud.faults.add({
    match: { method: "PUT", path: "/modules/zz-refused$" },
    fault: { kind: "status", status: 400 },
  });
  const starting = identityd.daemon.start();
  starting.catch(() => {});
  await eventually("the refusal", () => identityd.daemon.log().includes("The device is refused"));
  const made = generations(world);
  assert.ok(made.every((generation) => generation !== undefined));
  await identityd.daemon.kill9();
  await starting.catch(() => {});
  cloud.faults.remove(refusing);
  await identityd.daemon.start();
  assert.deepEqual(generations(world), made);
});

Deno.test("further members, nulls and kinds of authentication in answers change nothing", async () => {
  await using world = await started("");
  const { ask, cloud } = world;
  const odd: Record<string, unknown>[] = [
    { authentication: { type: "selfSigned", x509Thumbprint: { primaryThumbprint: "00" } } },
    { authentication: { type: "certificateAuthority", symmetricKey: null } },
    { authentication: { type: "sas", symmetricKey: { primaryKey: "no base64!" } } },
    { authentication: null, managedBy: null, etag: null },
    { authentication: 7, nested: { a: [null, { b: {} }] }, constructor: "x", "": [] },
  ];
  const path = "/identities/modules/telemetry?type=aziot";
  const list = "/identities/modules?type=aziot";
  for (const set of odd) {
    const what = JSON.stringify(set);
    const order = cloud.faults.add({ match: {}, fault: { kind: "rewrite", set } });
    const body = { type: "aziot", moduleId: "telemetry" };
    const made = await ask("POST /identities/modules", { body });
    const read = await ask(`GET ${path}`);
    const all = await ask(`GET ${list}`);
    const updated = await ask(`PUT ${path}`, { body: {} });
    cloud.faults.remove(order);

    const plain = specOf((await ask(`GET ${path}`)).body);
    for (const answer of [made, read, updated]) {
      assert.equal(answer.status, 200, what);
      assert.deepEqual(specOf(answer.body), plain, what);
    }
    assert.deepEqual(all, await ask(`GET ${list}`), what);
    assert.equal((await ask(`DELETE ${path}`)).status, 204, what);
  }
});

/** A module's identity without the handle of its key, which is another one each time. */
function specOf(body: unknown): Record<string, unknown> {
  const { auth: _, ...spec } = JSON.parse(JSON.stringify(body)).spec;
  return spec;
}

Deno.test("a module without a generation is listed and not handed out", async () => {
  await using world = await started(principal(54_001, "telemetry", "module"));
  const { ask, cloud } = world;
  cloud.faults.add({ match: {}, fault: { kind: "rewrite", omit: ["generationId"] } });
  const { status, body } = await ask("GET /identities/modules/telemetry?type=aziot");
  assert.deepEqual([status, body], [400, { message: "module identity not found" }]);
  assert.deepEqual(await listed(world), ["telemetry"]);
});

Deno.test("what the hub says of another module or device is neither stored nor served", async () => {
  await using world = await started(principal(54_001, "telemetry", "module"));
  const { ask, cloud, device, identityd } = world;
  const [{ name: directory } = { name: "" }] = [...Deno.readDirSync(`${identityd.home}/modules`)];
  const files = () => [...Deno.readDirSync(`${identityd.home}/modules/${directory}`)].length;
  for (const set of [{ moduleId: "stranger" }, { deviceId: "stranger" }]) {
    const order = cloud.faults.add({
      match: { path: "/modules/" },
      fault: { kind: "rewrite", set },
    });
    const answers = [
      await ask("GET /identities/modules/telemetry?type=aziot"),
      await ask("PUT /identities/modules/telemetry?type=aziot", { body: {} }),
      await ask("POST /identities/modules", { body: { type: "aziot", moduleId: "fresh" } }),
    ];
    for (const { status, body } of answers) {
      assert.equal(status, 404);
      assert.match(JSON.stringify(body), /the answer is about another (module|device)/);
    }
    cloud.faults.remove(order);
    assert.equal(files(), 1);
    device.modules.delete("fresh");
  }
  cloud.faults.add({
    match: { path: "/modules$" },
    fault: { kind: "rewrite", set: { deviceId: "stranger" } },
  });
  assert.deepEqual(await listed(world), []);
  assert.equal(files(), 1);
});
