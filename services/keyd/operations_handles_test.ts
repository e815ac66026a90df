// SPDX-License-Identifier: MIT

/** Which handles an operation takes. */

import assert from "node:assert/strict";
import { bad, Service } from "./testing/service.ts";

const INVALID_HANDLE = bad('parameter "handle" has an invalid value\ncaused by: invalid handle');
const wrongHandle = (kind: string) =>
  bad(`parameter "handle" has an invalid value\ncaused by: handle is not for ${kind}`);
const WRONG_MECHANISM = bad(
  'parameter "mechanism" has an invalid value\ncaused by: mechanism cannot be used with this key type',
);

Deno.test("a handle is good for its kind of key only", async () => {
  await using service = await Service.start();
  const key = await service.handle("POST", "/key", { keyId: "k", usage: "sign" });
  const pair = await service.handle("POST", "/keypair", { keyId: "p" });
  const derived = await service.handle("POST", "/derivedkey", {
    baseKeyHandle: key,
    derivationData: "AQ==",
  });
  const derive = (baseKeyHandle: string) =>
    service.call("POST", "/derivedkey", { baseKeyHandle, derivationData: "AQ==" });
  assert.deepEqual(
    await derive(derived),
    bad(
      'parameter "handle" has an invalid value\n' +
        "caused by: nested derived keys are not supported, import the outer derived key first",
    ),
  );
  assert.deepEqual(await derive(pair), wrongHandle("a key"));

  for (const keyHandle of [pair, derived]) {
    assert.deepEqual(await service.call("DELETE", "/key", { keyHandle }), wrongHandle("a key"));
  }
  for (const keyHandle of [key, derived]) {
    for (
      const [method, path] of [["DELETE", "/keypair"], ["POST", "/parameters/algorithm"]] as const
    ) {
      assert.deepEqual(await service.call(method, path, { keyHandle }), wrongHandle("a key pair"));
    }
  }
  for (const keyHandle of [key, pair]) {
    assert.deepEqual(
      await service.call("POST", "/derivedkey/export", { keyHandle }),
      wrongHandle("a derived key"),
    );
  }

  const input = { plaintext: "", ciphertext: "" };
  const aead = { algorithm: "AEAD", parameters: { iv: "AQ==", aad: "" }, ...input };
  const rsa = { algorithm: "RSA-PKCS1", ...input };
  const ecdsa = { algorithm: "ECDSA", parameters: { digest: "AQ==" } };
  const hmac = { algorithm: "HMAC-SHA256", parameters: { message: "" } };
  const rows: [path: string, body: object, handles: string[]][] = [
    ["/sign", ecdsa, [key, derived]],
    ["/sign", hmac, [pair]],
    ["/encrypt", aead, [pair]],
    ["/encrypt", rsa, [key, derived]],
    ["/decrypt", aead, [pair]],
    ["/decrypt", rsa, [key, derived, pair]],
  ];
  for (const [path, body, handles] of rows) {
    for (const keyHandle of handles) {
      assert.deepEqual(await service.call("POST", path, { keyHandle, ...body }), WRONG_MECHANISM);
    }
  }
});

Deno.test("a forged handle is refused wherever a handle is taken", async () => {
  await using service = await Service.start();
  const genuine = await service.handle("POST", "/key", { keyId: "k", usage: "sign" });
  const other = await service.handle("POST", "/key", { keyId: "l", usage: "sign" });
  const forged = `${genuine.split("&")[0]}&${other.split("&")[1]}`;
  const rows: [method: string, path: string, body: object][] = [
    ["DELETE", "/key", { keyHandle: forged }],
    ["DELETE", "/keypair", { keyHandle: forged }],
    ["POST", "/parameters/foo", { keyHandle: forged }],
    ["POST", "/derivedkey", { baseKeyHandle: forged, derivationData: "" }],
    ["POST", "/derivedkey/export", { keyHandle: forged }],
    ["POST", "/sign", { keyHandle: forged, algorithm: "ECDSA", parameters: { digest: "" } }],
    ["POST", "/encrypt", { keyHandle: forged, algorithm: "RSA-PKCS1", plaintext: "" }],
    ["POST", "/decrypt", { keyHandle: forged, algorithm: "RSA-PKCS1", ciphertext: "" }],
  ];
  for (const [method, path, body] of rows) {
    assert.deepEqual(await service.call(method, path, body), INVALID_HANDLE, path);
  }
  assert.equal((await service.call("DELETE", "/key", { keyHandle: genuine })).status, 204);
});

Deno.test("what a key is derived from has the length that its handle can hold", async () => {
  await using service = await Service.start();
  const derive = (baseKeyHandle: string, data: Uint8Array) =>
    service.call("POST", "/derivedkey", { baseKeyHandle, derivationData: data.toBase64() });
  const refused = bad(
    'parameter "derivation_data" has an invalid value\n' +
      "caused by: too long for the handle of a derived key",
  );
  const key = await service.handle("POST", "/key", { keyId: "k", usage: "derive" });
  // Bytes of one digit make the most numbers, those of three the longest text.
  assert.deepEqual(await derive(key, new Uint8Array(240_001)), refused);
  assert.deepEqual(await derive(key, new Uint8Array(240_000).fill(200)), refused);
  const long = await service.handle("POST", "/key", {
    keyId: "é".repeat(150_000),
    usage: "derive",
  });
  assert.deepEqual(await derive(long, new Uint8Array(200_000).fill(9)), refused);

  for (const data of [new Uint8Array(240_000), new Uint8Array(190_000).fill(200)]) {
    const { status, body } = await derive(key, data);
    assert.equal(status, 200);
    const keyHandle = body?.keyHandle;
    const exported = await service.call("POST", "/derivedkey/export", { keyHandle });
    assert.equal(exported.status, 200);
    const hmac = { keyHandle, algorithm: "HMAC-SHA256", parameters: { message: "" } };
    assert.equal((await service.call("POST", "/sign", hmac)).status, 200);
  }
});
