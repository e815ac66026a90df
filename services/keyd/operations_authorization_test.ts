// SPDX-License-Identifier: MIT

/** Who may do what: ids are authorized by uid, handles by nothing. */

import assert from "node:assert/strict";
import { bad, PUMP, ROOT, Service, STRANGER, unauthorized } from "./testing/service.ts";

Deno.test("a caller may ask for the ids that a principal of its uid names, and no others", async () => {
  await using service = await Service.start();
  const rows: [method: string, path: string, id: string, body?: unknown][] = [
    ["POST", "/key", "q", { keyId: "q", usage: "sign" }],
    ["GET", "/key/q", "q"],
    ["POST", "/keypair", "q", { keyId: "q" }],
    ["GET", "/keypair/q", "q"],
    ["POST", "/keypair/pump-1", "q", { from: "q" }],
    ["POST", "/keypair/q", "q", { from: "pump-1" }],
  ];
  for (const [method, path, id, body] of rows) {
    assert.deepEqual(
      await service.call(method, path, body, PUMP),
      unauthorized(PUMP.uid, id),
      `${method} ${path}`,
    );
  }
  const mine = { keyId: "pump-é", usage: "sign" };
  assert.equal((await service.call("POST", "/key", mine, PUMP)).status, 200);
  assert.deepEqual(
    await service.call("POST", "/key", mine, STRANGER),
    unauthorized(STRANGER.uid, "pump-é"),
  );
  service.principals = [{ uid: STRANGER.uid, keys: ["*"] }];
  assert.equal((await service.call("POST", "/key", mine, STRANGER)).status, 200);
  assert.equal((await service.call("POST", "/key", mine, PUMP)).status, 401);
});

Deno.test("whoever holds a handle may use and delete its key", async () => {
  await using service = await Service.start();
  const keyHandle = await service.handle("POST", "/key", { keyId: "x", usage: "sign" });
  const body = { keyHandle, algorithm: "HMAC-SHA256", parameters: { message: "" } };
  assert.equal((await service.call("POST", "/sign", body, STRANGER)).status, 200);
  const derive = { baseKeyHandle: keyHandle, derivationData: "AQ==" };
  assert.equal((await service.call("POST", "/derivedkey", derive, STRANGER)).status, 200);
  assert.equal((await service.call("DELETE", "/key", { keyHandle }, STRANGER)).status, 204);
});

Deno.test("the checks of a move come in their order", async () => {
  await using service = await Service.start();
  const move = (path: string, from: string, peer = STRANGER) =>
    service.call("POST", path, { from }, peer);
  const identical = bad("source and destination for move are identical");
  const reserved = bad('parameter "id" has an invalid value');

  assert.deepEqual(await move("/keypair/a", "a"), identical);
  assert.deepEqual(await move("/key/a", "a"), identical);
  assert.deepEqual(await move("/key/a", "b"), bad('invalid type "key"'));
  assert.deepEqual(await move("/keypair/handle-validation-key", "a"), reserved);
  assert.deepEqual(await move("/keypair/a", "handle-validation-key"), reserved);
  assert.deepEqual(await move("/keypair/a", "b"), unauthorized(STRANGER.uid, "b"));
  assert.deepEqual(await move("/keypair/a", "pump-1", PUMP), unauthorized(PUMP.uid, "a"));
  assert.deepEqual(
    await move("/keypair/a", "", ROOT),
    bad('parameter "from" has an invalid value\ncaused by: a key id must not be empty'),
  );
  assert.deepEqual(
    await move("/keypair/a%00", "b\0", ROOT),
    bad(
      'parameter "from" has an invalid value\ncaused by: nul byte found in provided data at position: 1',
    ),
  );
  assert.deepEqual(
    await move("/keypair/a%00", "b", ROOT),
    bad(
      'parameter "to" has an invalid value\ncaused by: nul byte found in provided data at position: 1',
    ),
  );
  const missing = await move("/keypair/a", "b", ROOT);
  assert.equal(missing.status, 500);
  assert.equal(missing.body?.message, "internal error");
});

Deno.test("the key that signs the handles is nobody's", async () => {
  await using service = await Service.start();
  const key = await service.handle("POST", "/key", { keyId: "x", usage: "sign" });
  service.principals = [{ uid: PUMP.uid, keys: ["*"] }];
  const id = "handle-validation-key";
  const refused = bad('parameter "id" has an invalid value');
  for (const peer of [ROOT, PUMP, STRANGER]) {
    assert.deepEqual(await service.call("GET", `/key/${id}`, undefined, peer), refused);
    assert.deepEqual(await service.call("GET", `/keypair/${id}`, undefined, peer), refused);
    assert.deepEqual(await service.call("POST", "/keypair", { keyId: id }, peer), refused);
    const body = { keyId: id, usage: "sign" };
    assert.deepEqual(await service.call("POST", "/key", body, peer), refused);
    assert.deepEqual(
      await service.call("POST", "/key", { ...body, keyBytes: "AA==" }, peer),
      refused,
    );
  }
  assert.equal((await service.call("DELETE", "/key", { keyHandle: key })).status, 204);
});
