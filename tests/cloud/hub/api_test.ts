// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { deviceOf } from "./api.ts";
import { errorCode, startHub, VERSION } from "./hub_fixture.ts";

Deno.test("a path, a method or an api-version that the hub has not is refused", async () => {
  await using fixture = await startHub();
  const { cloud, call } = fixture;
  const modules = "/devices/press-07/modules";
  const rows: [method: string, path: string, status: number, code: string][] = [
    ["GET", "/", 400, "ArgumentInvalid"],
    ["GET", "/devices/press-07", 400, "ArgumentInvalid"],
    ["GET", `${modules}/`, 400, "ArgumentInvalid"],
    ["GET", `${modules}/a/b`, 400, "ArgumentInvalid"],
    ["GET", `/Devices/press-07/modules`, 400, "ArgumentInvalid"],
    ["GET", "/devices//modules", 400, "ArgumentInvalid"],
    ["GET", "/devices/%zz/modules", 400, "ArgumentInvalid"],
    ["GET", "/devices/press-07%2Fmodules%2Fx/modules", 400, "ArgumentInvalid"],
    ["GET", "/devices/press-07/../press-07/modules", 400, "ArgumentInvalid"],
    ["GET", `${modules}/..`, 400, "ArgumentInvalid"],
    ["GET", `${modules}/%2e`, 400, "ArgumentInvalid"],
    ["GET", `${modules}/a%20b`, 400, "ArgumentInvalid"],
    ["GET", `${modules}/%C3%A9`, 400, "ArgumentInvalid"],
    ["GET", `${modules}/${"m".repeat(129)}`, 400, "ArgumentInvalid"],
    ["POST", modules, 405, "MethodNotAllowed"],
    ["PUT", modules, 405, "MethodNotAllowed"],
    ["PATCH", `${modules}/m`, 405, "MethodNotAllowed"],
    ["GET", "/devices/press-07/messages/events", 405, "MethodNotAllowed"],
    ["GET", `${modules}?`, 400, "InvalidProtocolVersion"],
    ["GET", `${modules}?api-version=`, 400, "InvalidProtocolVersion"],
    ["GET", `${modules}?api-version=2020-06-30-preview`, 400, "InvalidProtocolVersion"],
    ["GET", `${modules}?Api-Version=2017-11-08-preview`, 400, "InvalidProtocolVersion"],
    [
      "POST",
      "/devices/press-07/messages/events?api-version=latest",
      400,
      "InvalidProtocolVersion",
    ],
  ];
  for (const [method, path, status, code] of rows) {
    const answer = await call({ method, path });
    assert.deepEqual([answer.status, errorCode(answer.body)], [status, code], `${method} ${path}`);
  }
  assert.equal(cloud.log().length, rows.length);
});

Deno.test("a hub that is not strict takes every api-version, but wants one", async () => {
  await using fixture = await startHub({ settings: { strict: false } });
  const { call } = fixture;
  const at = async (query: string) =>
    (await call({ path: `/devices/press-07/modules?${query}` })).status;
  assert.equal(await at("api-version=2021-04-12"), 200);
  assert.equal(await at(""), 400);
});

Deno.test("the caller is judged before the body and the state", async () => {
  await using fixture = await startHub();
  const { call } = fixture;
  const rows = [
    { method: "PUT", path: "/devices/press-07/modules/m", body: "{" },
    { method: "DELETE", path: "/devices/press-07/modules/m" },
    { method: "GET", path: "/devices/press-07/modules/m" },
  ];
  for (const row of rows) {
    assert.equal((await call({ ...row, authorization: null })).status, 401, row.method);
  }
});

Deno.test("every character that an id may have is taken, percent-encoded or not", async () => {
  await using fixture = await startHub();
  const { hub, device, call, token } = fixture;
  const odd = "a-:.+%_#*?!(),=@;$'Z9";
  const oddDevice = hub.addDevice(odd, {
    auth: { sas: { primaryKey: device.primaryKey ?? "", secondaryKey: device.secondaryKey ?? "" } },
  });
  const authorization = token({ resource: `${hub.hostName}/devices/${odd}` });
  const path = `/devices/${encodeURIComponent(odd)}/modules/${encodeURIComponent(odd)}`;
  const body = { moduleId: odd, deviceId: odd };
  assert.equal((await call({ method: "PUT", path, body, authorization })).status, 200);
  const plain = `/devices/${odd.replaceAll("%", "%25").replace("#", "%23").replace("?", "%3F")}`;
  const { status, body: list } = await call({ path: `${plain}/modules${VERSION}`, authorization });
  assert.equal(status, 200);
  assert.equal(Array.isArray(list) && list.length, 1);
  assert.ok(oddDevice.modules.has(odd));
});

Deno.test("a message may have 256 KiB", async () => {
  await using fixture = await startHub();
  const { call } = fixture;
  const send = async (length: number) =>
    (await call({
      method: "POST",
      path: "/devices/press-07/messages/events?api-version=2020-09-30",
      body: "x".repeat(length),
    })).status;
  assert.equal(await send(256 * 1024), 204);
  assert.equal(await send(256 * 1024 + 1), 413);
});

Deno.test("the device that a path names is known for every call below it", () => {
  assert.equal(deviceOf("/devices/press-07/modules/m"), "press-07");
  assert.equal(deviceOf("/devices/press%3D07"), "press=07");
  for (const path of ["/", "/devices/", "/devices/%zz/modules"]) {
    assert.equal(deviceOf(path), undefined, path);
  }
});
