// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import * as v from "valibot";
import { type Config, configSchema, DEFAULT_ENDPOINT, developmentEndpoint } from "./config.ts";

const config = (document: object): Config =>
  v.parse(configSchema, { homedir_path: "/var/lib/aziot/certd", ...document });

Deno.test("with nothing but a home there are ten connections, no principal and no places", () => {
  const { cert_issuance, ...rest } = config({});
  assert.deepEqual(rest, {
    homedir_path: "/var/lib/aziot/certd",
    max_requests: 10,
    preloaded_certs: new Map(),
    principal: [],
  });
  assert.equal(cert_issuance.certs.size, 0);
});

Deno.test("values of a wrong type or out of range are refused", () => {
  assert.ok(!v.safeParse(configSchema, {}).success);
  const rows: Record<string, unknown>[] = [
    { homedir_path: 5 },
    { max_requests: -1 },
    { max_requests: "5" },
    { preloaded_certs: { x: "/path/file.pem" } },
    { preloaded_certs: { x: 5 } },
    { preloaded_certs: { x: ["a", 5] } },
    { preloaded_certs: "file:///x" },
    { principal: [{ uid: 5 }] },
    { principal: [{ certs: [] }] },
    { principal: [{ uid: -1, certs: [] }] },
    { principal: [{ uid: 4294967296, certs: [] }] },
    { principal: [{ uid: 5, certs: "x" }] },
    { cert_issuance: { x: "est" } },
  ];
  for (const row of rows) {
    const { success } = v.safeParse(configSchema, { homedir_path: "/x", ...row });
    assert.ok(!success, JSON.stringify(row));
  }
  assert.equal(config({ max_requests: 0 }).max_requests, 0);
});

Deno.test("a preloaded certificate is a file or a list of ids", () => {
  const { preloaded_certs } = config({
    preloaded_certs: { root: "file:///var/secrets/root.pem", all: ["root", "x"], none: [] },
  });
  assert.deepEqual(
    preloaded_certs,
    new Map<string, unknown>([
      ["root", { kind: "file", path: "/var/secrets/root.pem" }],
      ["all", { kind: "bundle", ids: ["root", "x"] }],
      ["none", { kind: "bundle", ids: [] }],
    ]),
  );
});

Deno.test("endpoints of any type are accepted, and read for development only", () => {
  assert.equal(developmentEndpoint(config({})), DEFAULT_ENDPOINT);
  assert.equal(
    developmentEndpoint(config({ endpoints: { aziot_certd: "unix:///tmp/c.sock", x: 1 } })),
    "unix:///tmp/c.sock",
  );
  assert.throws(
    () => developmentEndpoint(config({ endpoints: { aziot_certd: 5 } })),
    /aziot_certd/,
  );
  assert.throws(() => developmentEndpoint(config({ endpoints: 5 })), /aziot_certd/);
});
