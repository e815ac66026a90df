// SPDX-License-Identifier: MIT

/** What a change of the configuration leads to at a reload, at a restart and at a reprovisioning. */

import assert from "node:assert/strict";
import { eventually, makeWorld, manualConfig, principal, type World } from "./identityd_world.ts";

const isRoot = Deno.uid() === 0;
const UID = 54_001;
const OTHER_UID = 54_002;
const TELEMETRY = principal(UID, "telemetry", "module");
const GET = "GET /identities/modules/telemetry?type=aziot";

async function started(principals = TELEMETRY): Promise<World> {
  const world = await makeWorld({ principals, timeScale: 0.02 });
  try {
    await world.identityd.daemon.start();
    return world;
  } catch (error) {
    await world[Symbol.asyncDispose]();
    throw error;
  }
}

const reload = async ({ identityd: { daemon } }: World) => {
  const finished = () => daemon.log().split("Config update finished").length;
  const before = finished();
  daemon.signal("SIGHUP");
  await eventually("the reload", () => finished() > before);
};
const restart = async ({ identityd: { daemon } }: World) => {
  await daemon.stop();
  await daemon.start();
};
const reprovision = async (world: World) =>
  assert.equal((await world.ask("POST /identities/device/reprovision")).status, 204);

/** Replaces the configuration; `change` edits its text. */
function configure(
  { hub, identityd }: World,
  principals: string,
  change: (text: string) => string = (text) => text,
): Promise<void> {
  return identityd.configure((home) => change(manualConfig(hub.hostName, { principals })(home)));
}

function generation({ device }: World, name = "telemetry"): string | undefined {
  return device.modules.get(name)?.generationId;
}

async function deviceSpec({ ask }: World): Promise<Record<string, unknown>> {
  const { status, body } = await ask("POST /identities/device", { body: { type: "aziot" } });
  assert.equal(status, 200, JSON.stringify(body));
  return JSON.parse(JSON.stringify(body)).spec;
}

function backupDirectories({ identityd: { home } }: World): string[] {
  return [...Deno.readDirSync(`${home}/modules`)].map(({ name }) => name);
}

for (const [trigger, act] of Object.entries({ reload, restart, reprovision })) {
  Deno.test(`${trigger}: a new principal's module of the same name is not trusted but made anew`, async () => {
    await using world = await started();
    world.device.putModule("app", {}, new Date());
    const foreign = generation(world, "app");
    await configure(world, TELEMETRY + principal(OTHER_UID, "app", "module"));
    // A reprovisioning is about the configuration that counts, which a reload takes over.
    if (trigger === "reprovision") await reload(world);
    await act(world);
    assert.ok(generation(world, "app"));
    assert.notEqual(generation(world, "app"), foreign);
  });

  Deno.test(`${trigger}: a former principal's module goes, others' modules stay`, async () => {
    await using world = await started(TELEMETRY + principal(OTHER_UID, "app", "module"));
    world.device.putModule("foreign", {}, new Date());
    await configure(world, TELEMETRY);
    if (trigger === "reprovision") await reload(world);
    await act(world);
    assert.deepEqual([...world.device.modules.keys()].sort(), ["foreign", "telemetry"]);
  });
}

Deno.test("another uid of a principal counts from the reload on, and its module stays", {
  ignore: !isRoot,
}, async () => {
  await using world = await started();
  const before = generation(world);
  const own = (uid: number) => world.ask("GET /identities/identity", { uid });
  assert.equal((await own(UID)).status, 200);
  await configure(world, principal(OTHER_UID, "telemetry", "module"));
  await reload(world);
  assert.equal((await own(UID)).status, 401);
  assert.equal((await own(OTHER_UID)).status, 200);
  assert.equal(generation(world), before);
  await restart(world);
  assert.equal(generation(world), before);
  await reprovision(world);
  assert.notEqual(generation(world), before);
});

Deno.test("another parent is used from the next start on, with the same backup and new modules", async () => {
  await using world = await started();
  const before = generation(world);
  const [directory] = backupDirectories(world);
  const { host } = await world.hub.addListener();
  await configure(
    world,
    TELEMETRY,
    (text) => text.replace("[provisioning]", `[provisioning]\nlocal_gateway_hostname = "${host}"`),
  );
  const hosts = async (work: () => Promise<unknown>) => {
    const since = world.cloud.log().at(-1)?.seq ?? 0;
    await work();
    return world.cloud.log(since).flatMap(({ headers }) =>
      headers.filter(([name]) => name === "host").map(([, value]) => value)
    );
  };
  const ofReload = await hosts(() => reload(world));
  assert.ok(ofReload.length > 0 && ofReload.every((name) => name === world.hub.hostName));
  assert.equal((await deviceSpec(world)).gatewayHost, world.hub.hostName);

  const ofRestart = await hosts(() => restart(world));
  assert.ok(ofRestart.length > 0 && ofRestart.every((name) => name === host));
  const { gatewayHost, hubName } = await deviceSpec(world);
  assert.deepEqual([gatewayHost, hubName], [host, world.hub.hostName]);
  assert.equal(
    world.cloud.log().at(-1)?.authorization?.sr,
    `${world.hub.hostName}/devices/press-07`,
  );
  assert.deepEqual(backupDirectories(world), [directory]);
  assert.notEqual(generation(world), before, "another path to the hub: nothing is ours for sure");
});

Deno.test("another device id counts from the next start on, and nothing of the old device stays", async () => {
  await using world = await started();
  const [directory] = backupDirectories(world);
  const primaryKey = world.device.primaryKey ?? "";
  const other = world.hub.addDevice("press-08", {
    auth: { sas: { primaryKey, secondaryKey: primaryKey } },
  });
  await configure(world, TELEMETRY, (text) => text.replace("press-07", "press-08"));
  await reload(world);
  assert.equal((await deviceSpec(world)).deviceId, "press-07");
  await restart(world);
  assert.equal((await deviceSpec(world)).deviceId, "press-08");
  assert.deepEqual([...other.modules.keys()], ["telemetry"]);
  assert.ok(generation(world), "another device's modules are not ours to remove");
  const [now, ...more] = backupDirectories(world);
  assert.deepEqual(more, []);
  assert.notEqual(now, directory);
});

Deno.test("a key that is replaced under its id is used at once", async () => {
  await using world = await started();
  const before = generation(world);
  const key = crypto.getRandomValues(new Uint8Array(32));
  const primaryKey = key.toBase64();
  world.device.configure({ auth: { sas: { primaryKey, secondaryKey: primaryKey } } });
  await Deno.writeFile(`${world.identityd.dir}/var/secrets/aziot/keyd/device-id`, key);
  assert.equal((await world.ask(GET)).status, 200);
  const update = await world.ask("PUT /identities/modules/telemetry?type=aziot", { body: {} });
  assert.equal(update.status, 200);
  assert.equal(generation(world), before);
});

Deno.test("without a source the device is forgotten by a request only", async () => {
  await using world = await started("");
  const { ask, identityd } = world;
  const none = (text: string) =>
    text.replace(/\[provisioning\][^]*device_id_pk = .*\n/, '[provisioning]\nsource = "none"\n');
  await configure(world, "", none);
  const since = world.cloud.log().length;
  await reload(world);
  await deviceSpec(world);
  const asked = world.cloud.log().length;
  assert.ok(asked >= since);
  await restart(world);
  const { status } = await ask("POST /identities/device", { body: { type: "aziot" } });
  assert.equal(status, 400);
  const state = () => [...Deno.readDirSync(identityd.home)].map(({ name }) => name).sort();
  assert.ok(state().includes("device_info") && backupDirectories(world).length === 1);
  await reprovision(world);
  assert.ok(!state().includes("device_info"));
  assert.deepEqual(backupDirectories(world), []);
  assert.equal(world.cloud.log().length, asked, "nobody is asked for no device");
});
