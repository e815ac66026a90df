// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { ADMIN, TestService } from "./test_api.ts";

Deno.test("reads are answered while a mutation is running, and mutations wait their turn", async () => {
  const service = new TestService();
  const gate = Promise.withResolvers<void>();
  const running = service.queue.run(() => gate.promise);
  const create = service.request(ADMIN, "POST /identities/modules", {
    type: "aziot",
    moduleId: "x",
  });
  for (
    const request of [
      "GET /identities/identity",
      "GET /identities/provisioning",
      "GET /trust-bundle",
      "GET /identities/modules?type=aziot",
      "GET /identities/modules/mod?type=aziot",
    ]
  ) {
    assert.equal((await service.request(ADMIN, request)).status, 200, request);
  }
  assert.deepEqual(service.calls, ["list", "get mod"]);
  gate.resolve();
  await running;
  assert.equal((await create).status, 200);
});

Deno.test("a device that is gone by a mutation's turn is not used", async () => {
  const service = new TestService();
  const gate = Promise.withResolvers<void>();
  const running = service.queue.run(() => gate.promise);
  const create = service.request(ADMIN, "POST /identities/modules", {
    type: "aziot",
    moduleId: "x",
  });
  const { config, principals } = service.snapshot;
  await new Promise((resolve) => setTimeout(resolve, 0));
  service.snapshot = { config, principals };
  gate.resolve();
  await running;
  assert.equal((await create).status, 400);
  assert.deepEqual(service.calls, []);
});
