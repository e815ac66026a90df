// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { ServiceError } from "../http/errors.ts";
import { RemoteError } from "../http/unix_client.ts";
import { OUTAGE } from "./test_hub.ts";
import { ADMIN, failure, TestService } from "./test_api.ts";

Deno.test("without a device there are no identities of the hub, and the reason is told", async () => {
  const requests: [request: string, body?: unknown][] = [
    ["GET /identities/identity"],
    ["POST /identities/device", { type: "aziot" }],
    ["GET /identities/modules?type=aziot"],
    ["GET /identities/modules/x?type=aziot"],
    ["POST /identities/modules", { type: "aziot", moduleId: "x" }],
    ["PUT /identities/modules/x?type=aziot", {}],
    ["DELETE /identities/modules/x?type=aziot"],
  ];
  const { config, principals } = new TestService().snapshot;
  for (const [request, body] of requests) {
    const service = new TestService();
    service.snapshot = { config, principals };
    assert.deepEqual(await service.request(ADMIN, request, body), {
      status: 400,
      body: failure("device identity not found"),
    });
    service.snapshot = { config, principals, refusal: "Unauthorized" };
    assert.deepEqual(await service.request(ADMIN, request, body), {
      status: 400,
      body: failure("device identity not found", "Unauthorized"),
    });
  }
});

Deno.test("every failure of the hub is a 404 with its reason", async () => {
  const requests: [request: string, body?: unknown][] = [
    ["GET /identities/modules?type=aziot"],
    ["GET /identities/modules/x?type=aziot"],
    ["POST /identities/modules", { type: "aziot", moduleId: "x" }],
    ["PUT /identities/modules/x?type=aziot", {}],
    ["DELETE /identities/modules/x?type=aziot"],
    ["POST /identities/device/reprovision"],
  ];
  for (const [request, body] of requests) {
    const service = new TestService();
    service.fault = () => {
      throw OUTAGE();
    };
    assert.deepEqual(await service.request(ADMIN, request, body), {
      status: 404,
      body: failure("Hub client error", "timed out"),
    }, request);
  }
});

Deno.test("a missing generation is a 400, a key that cannot be had a 404, anything else a 500", async () => {
  const service = new TestService();
  service.fault = () => {
    throw new ServiceError(400, "module identity not found");
  };
  assert.deepEqual(await service.request(ADMIN, "GET /identities/modules/x?type=aziot"), {
    status: 400,
    body: failure("module identity not found"),
  });

  service.keys.failure = new RemoteError(400, "a parameter has an invalid value");
  assert.deepEqual(await service.request(ADMIN, "POST /identities/device", { type: "aziot" }), {
    status: 404,
    body: failure("Key client error", "a parameter has an invalid value"),
  });

  service.fault = () => {
    throw new Error("disk");
  };
  assert.equal((await service.request(ADMIN, "GET /identities/modules/x?type=aziot")).status, 500);
});
