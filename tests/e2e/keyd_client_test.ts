// SPDX-License-Identifier: MIT

/** The Keys Service through the client that the other programs use. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { constants, createHash, createHmac, createPublicKey, verify } from "node:crypto";
import { type KeyHandle, keysClient } from "../../services/keyd/client.ts";
import { NotConnectedError, RemoteError } from "../../services/http/unix_client.ts";
import { startKeyd } from "./keyd_daemon.ts";

const text = (value: string) => new TextEncoder().encode(value);

Deno.test("symmetric keys are made, imported, derived from, used and deleted", async () => {
  await using keyd = await startKeyd();
  using keys = keysClient({ socket: keyd.socket });
  const bytes = new Uint8Array(32).fill(9);
  const handle = await keys.importKey("fleet/unit %41", "derive,sign", bytes);
  assert.notEqual(handle, await keys.loadKey("fleet/unit %41"));

  const message = text("open 40%");
  const mac = (key: Uint8Array, data: Uint8Array) =>
    new Uint8Array(createHmac("sha256", key).update(data).digest());
  assert.deepEqual(await keys.signHmacSha256(handle, message), mac(bytes, message));

  const derived = await keys.createDerivedKey(handle, text("m1:g1:primary"));
  const derivedKey = await keys.exportDerivedKey(derived);
  assert.deepEqual(derivedKey, mac(bytes, text("m1:g1:primary")));
  assert.deepEqual(await keys.signHmacSha256(derived, message), mac(derivedKey, message));

  const [iv, aad] = [new Uint8Array(12).fill(1), text("valve-1")];
  for (const key of [derived, await keys.createKeyIfNotExists("e", "encrypt")]) {
    const ciphertext = await keys.encryptAead(key, iv, aad, message);
    assert.equal(ciphertext[0], 2);
    assert.equal(ciphertext.length, message.length + 17);
    assert.deepEqual(await keys.decryptAead(key, iv, aad, ciphertext), message);
    await assert.rejects(keys.decryptAead(key, iv, text("valve-2"), ciphertext), { status: 500 });
  }

  await keys.deleteKey(handle);
  await keys.deleteKey(handle);
  await assert.rejects(keys.signHmacSha256(derived, message), { status: 400 });
});

Deno.test("an EC pair signs as a signer whose public key verifies", async () => {
  await using keyd = await startKeyd();
  using keys = keysClient({ socket: keyd.socket });
  const handle = await keys.createKeyPairIfNotExists("pair/1", "ec-p256");
  const signer = await keys.signer(handle);
  assert.equal(signer.kind, "ec-p256");
  const key = createPublicKey({ key: Buffer.from(signer.spki), format: "der", type: "spki" });
  const digest = createHash("sha256").update("data").digest();
  assert.ok(verify("sha256", text("data"), key, await signer.ecdsa(digest)));

  await keys.moveKeyPair("pair/1", "pair 2?");
  await assert.rejects(keys.loadKeyPair("pair/1"), { status: 400 });
  const moved = await keys.signer(await keys.loadKeyPair("pair 2?"));
  assert.deepEqual(moved.spki, signer.spki);
  await keys.deleteKeyPair(await keys.loadKeyPair("pair 2?"));
  await assert.rejects(keys.loadKeyPair("pair 2?"), RemoteError);
});

Deno.test("an RSA pair signs as a signer, padded and raw", async () => {
  await using keyd = await startKeyd();
  using keys = keysClient({ socket: keyd.socket });
  const handle = await keys.createKeyPairIfNotExists("rsa", "rsa-2048");
  const signer = await keys.signer(handle);
  assert.equal(signer.kind, "rsa");
  const key = createPublicKey({ key: Buffer.from(signer.spki), format: "der", type: "spki" });

  // DigestInfo of SHA-256 (RFC 8017, section 9.2, note 1).
  const prefix = Uint8Array.fromHex("3031300d060960864801650304020105000420");
  const digest = createHash("sha256").update("data").digest();
  const signature = await signer.rsaPkcs1(Buffer.concat([prefix, digest]));
  assert.ok(verify("sha256", text("data"), key, signature));

  const block = new Uint8Array(256).fill(0x42);
  block[0] = 0;
  assert.equal(publicOperation(signer.spki, await signer.rsaRaw(block)), block.toHex());
  await assert.rejects(signer.ecdsa(digest), { status: 400 });

  const padded = await signer.rsaRaw(pssBlock(digest, 256));
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  assert.ok(verify("sha256", text("data"), { key, padding, saltLength: 32 }, padded));
});

/** EMSA-PSS (RFC 8017, section 9.1.1) with SHA-256 and a salt of 32 bytes, for a modulus of `size` bytes. */
function pssBlock(digest: Uint8Array, size: number): Uint8Array {
  const sha256 = (...parts: Uint8Array[]) =>
    createHash("sha256").update(Buffer.concat(parts)).digest();
  const salt = crypto.getRandomValues(new Uint8Array(32));
  const hash = sha256(new Uint8Array(8), digest, salt);
  const data = Buffer.concat([new Uint8Array(size - 32 - 32 - 2), new Uint8Array([1]), salt]);
  const mask = Buffer.concat(
    Array.from(
      { length: Math.ceil(data.length / 32) },
      (_, at) => sha256(hash, new Uint8Array([0, 0, 0, at])),
    ),
  );
  const masked = data.map((byte, at) => byte ^ (mask[at] ?? 0));
  masked[0] = (masked[0] ?? 0) & 0x7f;
  return Buffer.concat([masked, hash, new Uint8Array([0xbc])]);
}

/** The RSA public-key operation on a block without padding, in hexadecimal. */
function publicOperation(spki: Uint8Array, block: Uint8Array): string {
  const { n = "" } = createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" })
    .export({ format: "jwk" });
  const number = (bytes: Uint8Array) => BigInt(`0x${bytes.toHex()}`);
  const modulus = number(Uint8Array.fromBase64(n, { alphabet: "base64url" }));
  let result = 1n;
  let power = number(block);
  for (let exponent = 65537; exponent > 0; exponent >>= 1) {
    if (exponent & 1) result = result * power % modulus;
    power = power * power % modulus;
  }
  return result.toString(16).padStart(block.length * 2, "0");
}

Deno.test("what the service refuses has its status and message, also where no body is expected", async () => {
  await using keyd = await startKeyd();
  using keys = keysClient({ socket: keyd.socket });
  await assert.rejects(keys.loadKey("none"), {
    name: "RemoteError",
    status: 400,
    message: "a parameter has an invalid value",
  });
  const forged = "sr=AAAA&sig=AAAA" as KeyHandle;
  await assert.rejects(keys.deleteKey(forged), {
    status: 400,
    message: 'parameter "handle" has an invalid value\ncaused by: invalid handle',
  });
  await assert.rejects(keys.moveKeyPair("a", "a"), {
    status: 400,
    message: "source and destination for move are identical",
  });
});

Deno.test("a restart of the service between two calls goes unnoticed, its absence does not", async () => {
  await using keyd = await startKeyd();
  using keys = keysClient({ socket: keyd.socket });
  const handle = await keys.createKeyIfNotExists("k", "sign");
  const signature = await keys.signHmacSha256(handle, text("x"));
  await keyd.daemon.stop();
  await assert.rejects(keys.signHmacSha256(handle, text("x")), NotConnectedError);
  await Deno.remove(keyd.socket);
  await keyd.start();
  assert.deepEqual(await keys.signHmacSha256(handle, text("x")), signature);
});

Deno.test("a key generation that takes long holds up no signature", async () => {
  await using keyd = await startKeyd();
  using keys = keysClient({ socket: keyd.socket });
  const handle = await keys.createKeyIfNotExists("k", "sign");
  let isPairThere = false;
  const pair = keys.createKeyPairIfNotExists("rsa", "rsa-4096").finally(() => isPairThere = true);
  pair.catch(() => {});
  let signatures = 0;
  while (!isPairThere) {
    await keys.signHmacSha256(handle, text("x"));
    signatures++;
  }
  await pair;
  assert.ok(signatures > 1, `${signatures} signatures during one key generation`);
});
