// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { ADMIN, failure, TestService } from "./test_api.ts";

Deno.test("a parameter that makes no sense is named with the reason", async () => {
  const type = (reason: string) => failure('parameter "type" has an invalid value', reason);
  const empty = failure(
    'parameter "module_id" has an invalid value',
    "module name cannot be empty",
  );
  const rows: [request: string, body: unknown, expected: unknown][] = [
    ["GET /identities/modules", undefined, type("missing parameter")],
    ["GET /identities/modules?type=", undefined, type("invalid type: ")],
    ["GET /identities/modules?type=local", undefined, type("invalid type: local")],
    ["GET /identities/modules?type=local&type=aziot", undefined, type("invalid type: local")],
    ["GET /identities/modules/x", undefined, type("missing parameter")],
    ["GET /identities/modules/x?type=AZIOT", undefined, type("invalid type: AZIOT")],
    ["PUT /identities/modules/x?type=local", {}, type("invalid type: local")],
    ["DELETE /identities/modules/x?type=local", undefined, type("invalid type: local")],
    ["POST /identities/modules", { type: "zz", moduleId: "x" }, type("invalid type: zz")],
    ["GET /identities/modules/%20?type=aziot", undefined, empty],
    ["PUT /identities/modules/%20?type=aziot", {}, empty],
    ["DELETE /identities/modules/%09?type=aziot", undefined, empty],
    ["POST /identities/modules", { type: "aziot", moduleId: "  " }, empty],
    ["POST /identities/modules", { type: "local", moduleId: "" }, empty],
    [
      "GET /identities/modules/none?type=local",
      undefined,
      failure('parameter "moduleId" has an invalid value', "local identity for none doesn't exist"),
    ],
    [
      "POST /identities/modules",
      { type: "local", moduleId: "loc" },
      failure('parameter "moduleId" has an invalid value', "local identity for loc already exists"),
    ],
  ];
  for (const [request, body, expected] of rows) {
    assert.deepEqual(await new TestService().request(ADMIN, request, body), {
      status: 400,
      body: expected,
    }, request);
  }
});

Deno.test("names that would lead to another resource never reach the hub", async () => {
  for (const id of ["a%2Fb", "sp%20ace", "%C3%A9", "a%00b", "x".repeat(129)]) {
    for (const method of ["GET", "PUT", "DELETE"]) {
      const service = new TestService();
      const body = method === "PUT" ? {} : undefined;
      const answer = await service.request(
        ADMIN,
        `${method} /identities/modules/${id}?type=aziot`,
        body,
      );
      assert.equal(answer.status, 400, `${method} ${id}`);
      assert.match(JSON.stringify(answer.body), /parameter \\"module_id\\" has an invalid value/);
      assert.deepEqual(service.calls, []);
    }
  }
});

Deno.test("a body has its fields, and options of a local identity are looked at", async () => {
  const local = (localIdOpts: unknown) => ({ type: "local", moduleId: "new", localIdOpts });
  const rows: [request: string, body: unknown, status: number][] = [
    ["POST /identities/device", {}, 422],
    ["POST /identities/device", { type: null }, 422],
    ["POST /identities/device", ["aziot"], 422],
    ["POST /identities/modules", { type: "aziot" }, 422],
    ["POST /identities/modules", { moduleId: "x" }, 422],
    ["POST /identities/modules", { type: 5, moduleId: "x" }, 422],
    [
      "POST /identities/modules",
      { type: "aziot", moduleId: "x", localIdOpts: { type: "zz" } },
      200,
    ],
    ["POST /identities/modules", local({ type: "zz" }), 422],
    ["POST /identities/modules", local({}), 422],
    ["POST /identities/modules", local("x"), 422],
    ["POST /identities/modules", local({ type: "x509", attributes: "both" }), 422],
    ["POST /identities/modules", local({ type: "x509" }), 200],
    ["POST /identities/modules", local(null), 200],
  ];
  for (const [request, body, status] of rows) {
    assert.equal((await new TestService().request(ADMIN, request, body)).status, status);
  }
  assert.deepEqual(await new TestService().request(ADMIN, "POST /identities/device"), {
    status: 400,
    body: failure("missing request body"),
  });
});
