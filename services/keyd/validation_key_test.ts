// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { KeysCode } from "../../ffi/keys.ts";
import { RESERVED_ID } from "./key_ref.ts";
import { LibraryError } from "./library.ts";
import { ValidationKey } from "./validation_key.ts";

/** A library with one key that others can take away or replace, and that can break. */
class OneKeyLibrary {
  key: Uint8Array | undefined;
  broken = false;
  readonly calls: string[] = [];

  createKey(id: string): void {
    this.#called("create", id);
    this.key ??= crypto.getRandomValues(new Uint8Array(32));
  }

  signHmac(id: string, message: Uint8Array): Uint8Array {
    this.#called("sign", id);
    if (!this.key) throw new LibraryError("sign", KeysCode.invalidParameter);
    return new Uint8Array(createHmac("sha256", this.key).update(message).digest());
  }

  verifyHmac(id: string, message: Uint8Array, signature: Uint8Array): boolean {
    this.#called("verify", id);
    if (!this.key) throw new LibraryError("verify", KeysCode.invalidParameter);
    return createHmac("sha256", this.key).update(message).digest("hex") === signature.toHex();
  }

  #called(name: string, id: string): void {
    assert.equal(id, RESERVED_ID);
    this.calls.push(name);
    if (this.broken) throw new LibraryError(name, KeysCode.external);
  }
}

const PAYLOAD = new TextEncoder().encode("payload");

Deno.test("the key is made on first use and then taken for granted", async () => {
  const library = new OneKeyLibrary();
  const key = new ValidationKey(library);
  const signature = await key.sign(PAYLOAD);
  assert.ok(await key.verify(PAYLOAD, signature));
  assert.ok(await key.verify(PAYLOAD, signature));
  assert.deepEqual(library.calls, ["create", "sign", "verify", "verify"]);
});

Deno.test("a false verification is tried once more after making sure that the key is there", async () => {
  const library = new OneKeyLibrary();
  const key = new ValidationKey(library);
  const signature = await key.sign(PAYLOAD);
  library.calls.length = 0;
  signature[0] = (signature[0] ?? 0) ^ 1;
  assert.ok(!await key.verify(PAYLOAD, signature));
  assert.deepEqual(library.calls, ["verify", "create", "verify"]);
});

Deno.test("a removed key is made anew: old signatures are worth nothing, new ones are good", async () => {
  const library = new OneKeyLibrary();
  const key = new ValidationKey(library);
  const old = await key.sign(PAYLOAD);
  library.key = undefined;
  assert.ok(!await key.verify(PAYLOAD, old));
  library.key = undefined;
  assert.ok(await key.verify(PAYLOAD, await key.sign(PAYLOAD)));
});

Deno.test("a replaced key counts at once, in both directions", async () => {
  const library = new OneKeyLibrary();
  const key = new ValidationKey(library);
  const old = await key.sign(PAYLOAD);
  const first = library.key;
  library.key = new Uint8Array(32);
  assert.ok(!await key.verify(PAYLOAD, old));
  library.key = first;
  assert.ok(await key.verify(PAYLOAD, old));
});

Deno.test("every failure is the service's own, and passes when its reason does", async () => {
  const library = new OneKeyLibrary();
  const key = new ValidationKey(library);
  const signature = await key.sign(PAYLOAD);
  library.broken = true;
  await assert.rejects(async () => await key.verify(PAYLOAD, signature), {
    status: 500,
    message: "internal error",
  });
  await assert.rejects(async () => await key.sign(PAYLOAD), { status: 500 });
  library.broken = false;
  assert.ok(await key.verify(PAYLOAD, signature));
});

Deno.test("a store that can hold no key is a failure too, not the caller's mistake", async () => {
  const key = new ValidationKey({
    createKey: () => {
      throw new LibraryError("create key", KeysCode.invalidParameter);
    },
    signHmac: () => assert.fail("there is no key to sign with"),
    verifyHmac: () => assert.fail("there is no key to verify with"),
  });
  await assert.rejects(async () => await key.sign(PAYLOAD), {
    status: 500,
    message: "internal error",
  });
});
