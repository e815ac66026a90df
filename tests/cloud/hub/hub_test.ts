// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { errorCode, moduleBody, startHub } from "./hub_fixture.ts";

const LIST = { path: "/devices/press-07/modules" };

Deno.test("a device that has moved is known at its new hub and 404 at the old one", async () => {
  await using fixture = await startHub();
  const { cloud, hub, call, token } = fixture;
  const second = await cloud.addHub("second");
  await call({ method: "PUT", path: `${LIST.path}/m`, body: moduleBody("m") });
  const moved = hub.moveDevice("press-07", second, { modules: true });
  assert.equal(moved.primaryKey, fixture.device.primaryKey);
  assert.notEqual(moved.generationId, fixture.device.generationId);

  const old = await call(LIST);
  assert.deepEqual([old.status, errorCode(old.body)], [404, "DeviceNotFound"]);
  assert.equal((await call({ ...LIST, authorization: null })).status, 401);
  const at = { ...LIST, port: second.port };
  assert.equal((await call(at)).status, 401);
  const authorization = token({ resource: `${second.hostName}/devices/press-07` });
  const { status, body } = await call({ ...at, authorization });
  assert.equal(status, 200);
  assert.equal(Array.isArray(body) && body.length, 1);
});

Deno.test("a device moves without its modules, and back again", async () => {
  await using fixture = await startHub();
  const { cloud, hub, device, call } = fixture;
  const second = await cloud.addHub("second");
  await call({ method: "PUT", path: `${LIST.path}/m`, body: moduleBody("m") });
  const moved = hub.moveDevice("press-07", second, { modules: false });
  assert.equal(moved.modules.size, 0);
  assert.equal(device.modules.size, 0);
  second.moveDevice("press-07", hub, { modules: false });
  assert.equal((await call(LIST)).status, 200);
});

Deno.test("a move of an unknown device or onto another one is refused", async () => {
  await using fixture = await startHub();
  const { cloud, hub, device } = fixture;
  const second = await cloud.addHub("second");
  second.addDevice("press-07");
  assert.throws(() => hub.moveDevice("press-08", second, { modules: false }), /no device press-08/);
  assert.throws(() => hub.moveDevice("press-07", second, { modules: false }), /already exists/);
  assert.throws(() => hub.moveDevice("press-07", hub, { modules: false }), /already exists/);
  assert.equal(device.status, "enabled");
});

Deno.test("the owner makes foreign and odd modules behind the device's back", async () => {
  await using fixture = await startHub();
  const { device, call } = fixture;
  const now = new Date();
  device.putModule("edgeAgent-made", { managedBy: "IotEdge", auth: { none: {} } }, now);
  device.putModule("odd", {
    set: { authentication: { type: "selfSigned" }, extra: [null] },
    omit: ["generationId"],
  }, now);
  const { body } = await call(LIST);
  assert.ok(Array.isArray(body));
  const [foreign, odd] = body;
  assert.equal(foreign.managedBy, "IotEdge");
  assert.equal(foreign.authentication.type, "none");
  assert.deepEqual([odd.authentication, odd.extra], [{ type: "selfSigned" }, [null]]);
  assert.equal("generationId" in odd, false);
});

Deno.test("the owner changes a generation id and keeps the rest", async () => {
  await using fixture = await startHub();
  const { device, call } = fixture;
  const path = `${LIST.path}/m`;
  const created = (await call({ method: "PUT", path, body: moduleBody("m") })).body;
  device.putModule("m", { generationId: "1" }, new Date());
  const { body } = await call({ path });
  assert.ok(typeof created === "object" && typeof body === "object" && body && "etag" in body);
  assert.deepEqual(body, { ...created, generationId: "1", etag: body.etag });
});

Deno.test("bad settings change nothing", async () => {
  await using fixture = await startHub();
  const { hub, device } = fixture;
  const before = device.credentials;
  assert.throws(
    () => hub.putDevice("press-07", { auth: { ca: "x" }, status: "disabled" }),
    RangeError,
  );
  assert.deepEqual([device.credentials, device.status], [before, "enabled"]);
  assert.throws(() => device.putModule("m", { auth: { thumbprints: [] } }, new Date()), RangeError);
  assert.throws(() => device.putModule("a/b", {}, new Date()), /not a module id/);
  assert.equal(device.modules.size, 0);
  assert.throws(() => hub.putDevice("..", {}), /not a device id/);
});
