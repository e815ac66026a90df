// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { ADMIN, CONFIG, TestService } from "./test_api.ts";

Deno.test("a local identity gets the certificate that its principal or its caller says", async () => {
  const service = new TestService();
  await service.request(ADMIN, "GET /identities/modules/loc?type=local");
  await service.request(5, "GET /identities/modules/all?type=local");
  await service.request(ADMIN, "POST /identities/modules", {
    type: "local",
    moduleId: "é".repeat(40),
    localIdOpts: { type: "x509", attributes: "server" },
  });
  assert.deepEqual(service.issued, [
    {
      moduleId: "loc",
      commonName: "loc.press.example.net",
      dnsName: "loc.press.example.net",
      attributes: "server",
    },
    { moduleId: "all", commonName: "all.press.example.net", attributes: "client" },
    { moduleId: "é".repeat(40), commonName: "é".repeat(32), attributes: "server" },
  ]);
});

Deno.test("a local identity without a domain is a mistake of the configuration", async () => {
  const service = new TestService();
  const { localid: _, ...config } = CONFIG;
  service.snapshot = { ...service.snapshot, config };
  const { status, body } = await service.request(ADMIN, "GET /identities/modules/loc?type=local");
  assert.equal(status, 500);
  assert.match(JSON.stringify(body), /"message":"internal error"/);
});
