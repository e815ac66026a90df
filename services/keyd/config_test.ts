// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import * as v from "valibot";
import {
  type Config,
  configSchema,
  DEFAULT_ENDPOINT,
  developmentEndpoint,
  libraryParameters,
  mayUseToken,
} from "./config.ts";

const config = (document: unknown): Config => v.parse(configSchema, document);

Deno.test("an empty configuration means ten connections, no principal and no keys", () => {
  assert.deepEqual(config({}), {
    max_requests: 10,
    aziot_keys: {},
    preloaded_keys: {},
    principal: [],
  });
});

Deno.test("values of a wrong type or out of range are refused", () => {
  const rows: Record<string, unknown>[] = [
    { max_requests: -1 },
    { max_requests: "5" },
    { max_requests: 1.5 },
    { aziot_keys: { homedir_path: 5 } },
    { aziot_keys: "x" },
    { aziot_keys: { "a\0b": "x" } },
    { preloaded_keys: { a: "file:///x\0" } },
    { preloaded_keys: { a: ["file:///x"] } },
    { principal: [{ uid: 5 }] },
    { principal: [{ keys: [] }] },
    { principal: [{ uid: -1, keys: [] }] },
    { principal: [{ uid: 4294967296, keys: [] }] },
    { principal: [{ uid: "5", keys: [] }] },
    { principal: [{ uid: 5, keys: [5] }] },
    { principal: { uid: 5, keys: [] } },
  ];
  for (const row of rows) {
    assert.ok(!v.safeParse(configSchema, row).success, JSON.stringify(row));
  }
  assert.ok(v.safeParse(configSchema, { principal: [{ uid: 4294967295, keys: [] }] }).success);
  assert.ok(v.safeParse(configSchema, { max_requests: 0 }).success);
});

Deno.test("endpoints of any type are accepted, and read for development only", () => {
  assert.equal(developmentEndpoint(config({})), DEFAULT_ENDPOINT);
  assert.equal(
    developmentEndpoint(config({ endpoints: { aziot_keyd: "unix:///tmp/k.sock", x: 1 } })),
    "unix:///tmp/k.sock",
  );
  assert.throws(() => developmentEndpoint(config({ endpoints: { aziot_keyd: 5 } })), /aziot_keyd/);
  assert.throws(() => developmentEndpoint(config({ endpoints: 5 })), /aziot_keyd/);
});

Deno.test("the library gets its own parameters first, each group in byte order", () => {
  assert.deepEqual(
    libraryParameters(config({
      preloaded_keys: { "🔩": "file:///4", "b": "file:///2", "Z": "file:///1", "ﬀ": "file:///3" },
      aziot_keys: { pkcs11_lib_path: "/lib.so", homedir_path: "/home" },
    })),
    [
      ["homedir_path", "/home"],
      ["pkcs11_lib_path", "/lib.so"],
      ["preloaded_key:Z", "file:///1"],
      ["preloaded_key:b", "file:///2"],
      ["preloaded_key:ﬀ", "file:///3"],
      ["preloaded_key:🔩", "file:///4"],
    ],
  );
});

Deno.test("only keys in files are known to be quick", () => {
  const rows: [document: unknown, token: boolean][] = [
    [{}, false],
    [{ aziot_keys: { homedir_path: "/h" }, preloaded_keys: { a: "file:///a" } }, false],
    [{ aziot_keys: { homedir_path: "/h", pkcs11_lib_path: "/x.so" } }, true],
    [{ aziot_keys: { vendor_option: "1" } }, true],
    [{ preloaded_keys: { a: "file:///a", b: "pkcs11:object=b" } }, true],
  ];
  for (const [document, token] of rows) {
    assert.equal(mayUseToken(config(document)), token, JSON.stringify(document));
  }
});
