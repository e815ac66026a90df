// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { identityClient } from "../../services/identityd/client.ts";
import { RemoteError } from "../../services/http/unix_client.ts";
import { eventually, makeWorld, manualConfig, principal, type World } from "./identityd_world.ts";
import { connect, connectAs, rawRequest } from "./raw_http.ts";

const isRoot = Deno.uid() === 0;

/** Callers of these tests by uid. */
const MODULE_UID = 54_001;
const DEVICE_UID = 54_002;
const STRANGER_UID = 54_999;
const PRINCIPALS = principal(MODULE_UID, "telemetry", "module") +
  principal(DEVICE_UID, "dev", "device");

async function started(options: Parameters<typeof makeWorld>[0] = {}): Promise<World> {
  const world = await makeWorld({ principals: PRINCIPALS, ...options });
  try {
    await world.identityd.daemon.start();
    return world;
  } catch (error) {
    await world[Symbol.asyncDispose]();
    throw error;
  }
}

function specOf(body: unknown): Record<string, unknown> {
  return JSON.parse(JSON.stringify(body)).spec;
}

Deno.test({
  name: "a caller's own identity depends on the uid of its process alone",
  ignore: !isRoot,
  fn: async () => {
    await using world = await started();
    const identity = (uid: number) => world.ask("GET /identities/identity", { uid });
    const module = await identity(MODULE_UID);
    assert.equal(specOf(module.body).moduleId, "telemetry");
    for (const uid of [0, DEVICE_UID]) {
      const { status, body } = await identity(uid);
      assert.equal(status, 200);
      assert.deepEqual(Object.keys(specOf(body)), ["hubName", "gatewayHost", "deviceId", "auth"]);
    }
    assert.deepEqual(await identity(STRANGER_UID), {
      status: 401,
      body: { message: "authorization error" },
    });
  },
});

Deno.test({
  name: "a uid's connection beyond its share is closed without a byte, others are not affected",
  ignore: !isRoot,
  fn: async () => {
    await using world = await started({ timeScale: 0.2 });
    await world.identityd.daemon.stop();
    await world.identityd.configure((home) =>
      manualConfig(world.hub.hostName, { principals: PRINCIPALS })(home)
        .replace("max_requests = 50\n", "")
    );
    await world.identityd.daemon.start();
    const request = rawRequest("GET", "/trust-bundle?api-version=2022-08-01");
    const connections = Array.from(
      { length: 10 },
      () => connectAs(STRANGER_UID, world.identityd.socket),
    );
    try {
      for (const connection of connections) {
        await connection.send(request);
        assert.equal((await connection.receive())?.status, 200);
      }
      await using extra = connectAs(STRANGER_UID, world.identityd.socket);
      assert.equal((await extra.rest()).length, 0);
      assert.equal((await world.ask("GET /trust-bundle", { uid: DEVICE_UID })).status, 200);
      await eventually("the record", () =>
        world.identityd.daemon.log().includes(
          `Max simultaneous connections reached for user ${STRANGER_UID}`,
        ));
    } finally {
      for (const connection of connections) await connection[Symbol.asyncDispose]();
    }
  },
});

Deno.test("the typed client does all that the API offers", async () => {
  await using world = await started();
  const client = identityClient({ socket: world.identityd.socket });
  const device = await client.getDeviceIdentity();
  assert.equal(device.spec.hubName, world.hub.hostName);
  assert.deepEqual(await client.getProvisioningInfo(), { source: "manual", auth: "sas" });
  assert.equal(await client.getTrustBundle(), "");

  const made = await client.createModule("$edgeAgent");
  assert.ok(made.type === "aziot" && made.spec.auth?.keyHandle);
  assert.ok(world.device.modules.has("$edgeAgent"));
  assert.deepEqual(
    (await client.listModules()).map(({ spec }) => spec.moduleId).sort(),
    ["$edgeAgent", "telemetry"],
  );
  const read = await client.getModule("$edgeAgent");
  assert.ok(read.type === "aziot");
  assert.equal(read.spec.genId, made.spec.genId);
  assert.equal((await client.updateModule("$edgeAgent")).spec.genId, made.spec.genId);
  await client.deleteModule("$edgeAgent");
  assert.ok(!world.device.modules.has("$edgeAgent"));
  await assert.rejects(
    client.deleteModule("$edgeAgent"),
    (error) => error instanceof RemoteError && error.status === 404,
  );
  await client.reprovision();
  const own = await client.getCallerIdentity();
  assert.ok(own.type === "aziot" && own.spec.moduleId === undefined);
});

Deno.test("reprovisioning gives the principals' modules new generations and keys", async () => {
  await using world = await started();
  const before = world.device.modules.get("telemetry")?.generationId;
  const made = await world.ask("POST /identities/modules", {
    body: { type: "aziot", moduleId: "api-made" },
  });
  assert.equal((await world.ask("POST /identities/device/reprovision")).status, 204);
  assert.notEqual(world.device.modules.get("telemetry")?.generationId, before);
  assert.equal(world.device.modules.get("api-made")?.generationId, specOf(made.body).genId);
});

Deno.test("reprovisioning to another hub leaves nothing of the old one", async () => {
  await using world = await started();
  const other = await world.cloud.addHub("other");
  world.hub.moveDevice("press-07", other, { modules: false });
  await world.identityd.configure(manualConfig(other.hostName, { principals: PRINCIPALS }));
  world.identityd.daemon.signal("SIGHUP");
  await eventually(
    "the reload",
    () => world.identityd.daemon.log().includes("Config update finished"),
  );
  const device = () => world.ask("POST /identities/device", { body: { type: "aziot" } });
  assert.equal(specOf((await device()).body).hubName, world.hub.hostName, "not by a reload");

  assert.equal((await world.ask("POST /identities/device/reprovision")).status, 204);
  assert.equal(specOf((await device()).body).hubName, other.hostName);
  assert.ok(other.devices.get("press-07")?.modules.has("telemetry"));
  assert.equal([...Deno.readDirSync(`${world.identityd.home}/modules`)].length, 1);
});

Deno.test("a reload takes principals in and out, and refuses what breaks a rule", async () => {
  await using world = await started({ timeScale: 0.02 });
  const file = `${world.identityd.dir}/etc/aziot/identityd/config.d/app.toml`;
  await world.ask("POST /identities/modules", { body: { type: "aziot", moduleId: "api-made" } });
  await Deno.writeTextFile(file, principal(54_003, "app", "module"));
  await eventually("the module in the hub", () => world.device.modules.has("app"));

  await Deno.writeTextFile(file, principal(54_003, "telemetry", "module"));
  await eventually(
    "the refusal",
    () => world.identityd.daemon.log().includes("bad settings: duplicate module name: telemetry"),
  );
  assert.ok(world.device.modules.has("app"), "the old principals still count");

  await Deno.remove(file);
  await eventually("the removal", () => !world.device.modules.has("app"));
  assert.deepEqual([...world.device.modules.keys()].sort(), ["api-made", "telemetry"]);
});

Deno.test("requests carry exactly the headers of the protocol, and tokens that have not expired", async () => {
  await using world = await started();
  await world.ask("POST /identities/modules", { body: { type: "aziot", moduleId: "m" } });
  await world.ask("GET /identities/modules/m?type=aziot");
  await world.ask("DELETE /identities/modules/m?type=aziot");
  const log = world.cloud.log();
  assert.equal(log.length, 3 + 2 + 1 + 1);
  for (const { method, headers, authorization, query, time } of log) {
    const names = headers.map(([name]) => name);
    const conditional = headers.some(([name, value]) => name === "if-match" && value === "*");
    const expected = method === "PUT"
      ? ["authorization", "content-length", "content-type", "host"]
      : ["authorization", "host"];
    assert.deepEqual(names.sort(), [...expected, ...conditional ? ["if-match"] : []].sort());
    assert.equal(query, "api-version=2017-11-08-preview");
    assert.ok(authorization && Number(authorization.se) * 1_000 > Date.parse(time));
    assert.equal(authorization.sr, `${world.hub.hostName}/devices/press-07`);
  }
});

Deno.test("names that would lead to another resource never reach the hub", async () => {
  await using world = await started();
  const since = world.cloud.log().length;
  for (
    const id of ["..", ".", "%2e%2e", "a%2Fb", "..%2Fx", "sp%20ace", "%C3%A9", "a%00b", "a%5Cb"]
  ) {
    for (const [method, body] of [["GET"], ["PUT", {}], ["DELETE"]] as const) {
      const { status } = await world.ask(`${method} /identities/modules/${id}?type=aziot`, {
        body,
      });
      assert.equal(status, 400, `${method} ${id}`);
    }
  }
  assert.equal(world.cloud.log().length, since);
});

Deno.test("SIGTERM ends a pause of the hub's with an answer, and the process", async () => {
  await using world = await started();
  world.cloud.faults.add({ match: { method: "PUT" }, fault: { kind: "throttle" } });
  await using creating = await connect(world.identityd.socket);
  const body = '{"type":"aziot","moduleId":"slow"}';
  await creating.send(rawRequest("POST", "/identities/modules?api-version=2022-08-01", [[
    "Content-Length",
    String(body.length),
  ]], body));
  await eventually("the pause", () => world.identityd.daemon.log().includes("Sleeping for"));
  assert.equal(await world.identityd.daemon.stop(), 0);
  // An answer: the pause was ended, and not the connection when the time for it was up.
  const answer = await creating.receive();
  assert.equal(answer?.status, 404);
  assert.match(new TextDecoder().decode(answer?.body), /the service is stopping/);
});

Deno.test("nothing that is secret stands in the log at any level", async () => {
  await using world = await started({ env: { AZIOT_LOG: "trace" } });
  const { identityd, device } = world;
  await world.ask("GET /identities/modules/telemetry?type=aziot");
  const log = identityd.daemon.log();
  const module = device.modules.get("telemetry");
  assert.ok(module?.credentials.type === "sas");
  const secrets = [
    device.primaryKey ?? "",
    module.credentials.primaryKey.toBase64(),
    module.credentials.secondaryKey.toBase64(),
    "SharedAccessSignature",
    "sig=",
  ];
  for (const secret of secrets) assert.ok(!log.includes(secret), secret);
});
