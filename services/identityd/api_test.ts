// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { VERSIONS } from "./api.ts";
import {
  ADMIN,
  DEVICE_JSON,
  failure,
  localJson,
  moduleJson,
  SPEC,
  TestService,
  UNAUTHORIZED,
} from "./test_api.ts";

for (const version of VERSIONS) {
  Deno.test(`an administrator may ask for everything, api-version ${version}`, async () => {
    const rows: [request: string, body: unknown, status: number, answer: unknown][] = [
      ["GET /identities/identity", undefined, 200, DEVICE_JSON],
      ["POST /identities/device", { type: "" }, 200, DEVICE_JSON],
      ["POST /identities/device/reprovision", undefined, 204, undefined],
      ["GET /identities/modules?type=aziot", undefined, 200, {
        identities: [
          { type: "aziot", spec: { ...SPEC, moduleId: "mod", genId: "1" } },
          { type: "aziot", spec: { ...SPEC, moduleId: "half" } },
        ],
      }],
      ["POST /identities/modules", { type: "aziot", moduleId: "x" }, 200, moduleJson("x")],
      ["GET /identities/modules/x?type=aziot", undefined, 200, moduleJson("x")],
      ["GET /identities/modules/%24edgeAgent?type=aziot", undefined, 200, moduleJson("$edgeAgent")],
      ["PUT /identities/modules/x?type=aziot", 5, 200, moduleJson("x")],
      ["DELETE /identities/modules/x?type=aziot", undefined, 204, undefined],
      ["GET /identities/modules/loc?type=local", undefined, 200, localJson("loc")],
      ["POST /identities/modules", { type: "local", moduleId: "new" }, 200, localJson("new")],
      ["GET /trust-bundle", undefined, 200, { certificate: "" }],
    ];
    for (const [request, body, status, answer] of rows) {
      assert.deepEqual(
        await new TestService().request(ADMIN, request, body, version),
        { status, body: answer },
        request,
      );
    }
  });
}

Deno.test("provisioning settings are open to everybody, from the second api-version on", async () => {
  const service = new TestService();
  const info = { status: 200, body: { source: "manual", auth: "sas" } };
  assert.deepEqual(await service.request(999, "GET /identities/provisioning"), info);
  assert.deepEqual(
    await service.request(999, "GET /identities/provisioning", undefined, "2021-12-01"),
    info,
  );
  assert.deepEqual(
    await service.request(ADMIN, "GET /identities/provisioning", undefined, "2020-09-01"),
    { status: 404, body: failure("not found") },
  );
});

Deno.test("a caller's own identity is the device's, its module's or its local one", async () => {
  const rows: [uid: number, expected: { status: number; body: unknown }][] = [
    [0, { status: 200, body: DEVICE_JSON }],
    [1, { status: 200, body: DEVICE_JSON }],
    [2, { status: 200, body: moduleJson("mod") }],
    [3, { status: 200, body: DEVICE_JSON }],
    [4, { status: 200, body: localJson("loc") }],
    [5, { status: 200, body: DEVICE_JSON }],
    [6, UNAUTHORIZED],
    [999, UNAUTHORIZED],
  ];
  for (const [uid, expected] of rows) {
    assert.deepEqual(await new TestService().request(uid, "GET /identities/identity"), expected);
  }
});

Deno.test("what a caller may not do is refused before anything else of the request is looked at", async () => {
  const administration: [request: string, body?: unknown][] = [
    ["GET /identities/modules?type=zz"],
    ["GET /identities/modules"],
    ["POST /identities/modules", { type: "zz", moduleId: "" }],
    ["PUT /identities/modules/%20?type=zz", {}],
    ["DELETE /identities/modules/x"],
    ["POST /identities/device/reprovision"],
  ];
  for (const uid of [2, 3, 4, 5, 6, 999]) {
    for (const [request, body] of administration) {
      assert.deepEqual(await new TestService().request(uid, request, body), UNAUTHORIZED, request);
    }
  }
  const own: [uid: number, request: string][] = [
    [2, "GET /identities/modules/mod?type=local"],
    [4, "GET /identities/modules/loc?type=aziot"],
    [2, "GET /identities/modules/other?type=zz"],
    [6, "GET /identities/modules/nothing?type=aziot"],
  ];
  for (const [uid, request] of own) {
    assert.deepEqual(await new TestService().request(uid, request), UNAUTHORIZED, request);
  }
});
