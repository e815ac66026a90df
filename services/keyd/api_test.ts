// SPDX-License-Identifier: MIT

/** The routes, their answers and what they leave in the log. */

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { VERSIONS } from "./api.ts";
import { NOT_FOUND, Service, STRANGER } from "./testing/service.ts";

for (const version of VERSIONS) {
  Deno.test(`every operation works with api-version ${version}`, async () => {
    await using service = await Service.start(version);
    const keyBytes = new Uint8Array(32).fill(7);
    const key = await service.handle("POST", "/key", {
      keyId: "pump-1",
      usage: "derive,sign",
      keyBytes: keyBytes.toBase64(),
    });
    await service.handle("POST", "/key", { keyId: "fresh", usage: "encrypt" });
    await service.handle("GET", "/key/pump-1");

    const sign = (keyHandle: string) =>
      service.call("POST", "/sign", {
        keyHandle,
        algorithm: "HMAC-SHA256",
        parameters: { message: btoa("open") },
      });
    const signature = createHmac("sha256", keyBytes).update("open").digest("base64");
    assert.deepEqual(await sign(key), { status: 200, body: { signature } });

    const derived = await service.handle("POST", "/derivedkey", {
      baseKeyHandle: key,
      derivationData: btoa("m1:g1:primary"),
    });
    const exported = createHmac("sha256", keyBytes).update("m1:g1:primary").digest();
    assert.deepEqual(
      await service.call("POST", "/derivedkey/export", { keyHandle: derived }),
      { status: 200, body: { key: exported.toString("base64") } },
    );
    const derivedSignature = createHmac("sha256", exported).update("open").digest("base64");
    assert.deepEqual(await sign(derived), {
      status: 200,
      body: { signature: derivedSignature },
    });

    for (const keyHandle of [key, derived]) {
      const aead = { keyHandle, algorithm: "AEAD", parameters: { iv: "AQID", aad: btoa("valve") } };
      const { body } = await service.call("POST", "/encrypt", {
        ...aead,
        plaintext: btoa("open 40%"),
      });
      assert.deepEqual(await service.call("POST", "/decrypt", { ...aead, ...body }), {
        status: 200,
        body: { plaintext: btoa("open 40%") },
      });
    }

    const pair = await service.handle("POST", "/keypair", {
      keyId: "pair-1",
      preferredAlgorithms: "ec-p256",
    });
    await service.handle("GET", "/keypair/pair-1");
    assert.deepEqual(await service.call("POST", "/parameters/algorithm", { keyHandle: pair }), {
      status: 200,
      body: { value: "ECDSA" },
    });
    assert.equal((await service.call("POST", "/keypair/pair-2", { from: "pair-1" })).status, 204);
    assert.deepEqual(await service.call("GET", "/keypair/pair-1"), NOT_FOUND);
    const moved = await service.handle("GET", "/keypair/pair-2");
    for (let times = 0; times < 2; times++) {
      assert.equal((await service.call("DELETE", "/keypair", { keyHandle: moved })).status, 204);
      assert.equal((await service.call("DELETE", "/key", { keyHandle: key })).status, 204);
    }
    assert.deepEqual(await sign(key), NOT_FOUND);
  });
}

Deno.test("what is signed, encrypted and decrypted may have 4 MiB, everything else the default", async () => {
  await using service = await Service.start();
  for (const { path, methods } of service.routes) {
    const isLarge = /sign|encrypt|decrypt/.test(path.source);
    for (const action of Object.values(methods)) {
      assert.equal(action.maxBody, isLarge ? 4 * 1024 * 1024 : undefined, path.source);
    }
  }
});

Deno.test("a file that is no key is a failure with a reason in the log only", async () => {
  await using service = await Service.start();
  await service.handle("POST", "/key", { keyId: "sym", usage: "sign" });
  const answer = await service.call("GET", "/keypair/sym");
  assert.equal(answer.status, 500);
  assert.deepEqual(Object.keys(answer.body ?? {}), ["message", "correlationId"]);
  assert.equal(answer.body?.message, "internal error");
  const log = service.log.join("");
  assert.match(log, new RegExp(`!!! internal error .*${answer.body?.correlationId}`));
  assert.match(log, /!!! caused by: could not load key pair\n/);
  assert.match(log, /!!! caused by: could not load key pair: AZIOT_KEYS_RC_ERR_EXTERNAL\n/);
});

Deno.test("each operation leaves one line in the audit trail, and no secret at any level", async () => {
  await using service = await Service.start();
  const keyBytes = "c2VjcmV0IGtleSBieXRlcyE=";
  const keyHandle = await service.handle("POST", "/key", { keyId: "k", usage: "sign", keyBytes });
  const derived = await service.handle("POST", "/derivedkey", {
    baseKeyHandle: keyHandle,
    derivationData: "AQ==",
  });
  const signed = {
    keyHandle,
    algorithm: "HMAC-SHA256",
    parameters: { message: btoa("secret text") },
  };
  await service.call("POST", "/sign", signed, STRANGER);
  await service.call("POST", "/derivedkey/export", { keyHandle: derived });
  await service.call("GET", "/key/k", undefined, STRANGER);
  await service.call("GET", "/keypair/k");
  await service.call("DELETE", "/key", { keyHandle: `${keyHandle}x` });
  await service.call("POST", "/keypair/b", { from: "a" });
  await service.call("DELETE", "/key", { keyHandle }, STRANGER);

  const audit = service.log.filter((line) => line.includes(" - audit: "))
    .map((line) => line.trimEnd().replace(/^.* - audit: /, ""));
  assert.deepEqual(audit, [
    'uid 0 pid 1 import key "k": ok',
    'uid 0 pid 1 derive from key "k": ok',
    'uid 1078 pid 78 sign HMAC-SHA256 "k": ok',
    'uid 0 pid 1 export key "k" (derived): ok',
    'uid 1078 pid 78 load key "k": refused',
    'uid 0 pid 1 load key pair "k": failed',
    "uid 0 pid 1 delete key unknown key: invalid",
    'uid 0 pid 1 move key pair "a" to "b": failed',
    'uid 1078 pid 78 delete key "k": ok',
  ]);
  const log = service.log.join("");
  for (
    const secret of [
      keyHandle,
      keyHandle.split("sig=")[1] ?? "",
      keyBytes,
      btoa("secret text"),
      "secret",
    ]
  ) {
    assert.ok(!log.includes(secret), secret);
  }
});
