// SPDX-License-Identifier: MIT

import { createHmac } from "node:crypto";
import { RemoteError } from "../http/unix_client.ts";
import type { KeyHandle, KeysClient } from "../keyd/client.ts";

/** The part of the Keys Service that this service uses. */
type UsedKeys = Pick<
  KeysClient,
  "loadKey" | "createKeyIfNotExists" | "createDerivedKey" | "exportDerivedKey" | "signHmacSha256"
>;

/** The bytes 00, 01, … 1f: the key of the published examples. */
export const EXAMPLE_KEY = Uint8Array.from({ length: 32 }, (_, index) => index);

/** A Keys Service in memory whose handles can be read: `key:ID`, `derived:ID:DATA`. */
export class TestKeys implements UsedKeys {
  readonly keys: Map<string, Uint8Array>;
  /** Names of the calls with what they were about. */
  readonly calls: string[] = [];
  /** What every call fails with. */
  failure: Error | undefined;

  constructor(keys: Record<string, Uint8Array>) {
    this.keys = new Map(Object.entries(keys));
  }

  loadKey(id: string): Promise<KeyHandle> {
    return this.#call(`load ${id}`, () => {
      if (!this.keys.has(id)) throw new RemoteError(400, "a parameter has an invalid value");
      return handle(`key:${id}`);
    });
  }

  createKeyIfNotExists(id: string, usage: string): Promise<KeyHandle> {
    return this.#call(`create ${id} ${usage}`, () => {
      if (!this.keys.has(id)) this.keys.set(id, crypto.getRandomValues(new Uint8Array(32)));
      return handle(`key:${id}`);
    });
  }

  createDerivedKey(base: KeyHandle, data: Uint8Array): Promise<KeyHandle> {
    const text = new TextDecoder().decode(data);
    return this.#call(`derive ${text}`, () => handle(`derived:${base.slice(4)}:${text}`));
  }

  exportDerivedKey(derived: KeyHandle): Promise<Uint8Array> {
    return this.#call(`export ${derived}`, () => {
      const [, id = "", data = ""] = /^derived:([^:]*):(.*)$/.exec(derived) ?? [];
      return hmac(this.#key(id), new TextEncoder().encode(data));
    });
  }

  signHmacSha256(key: KeyHandle, message: Uint8Array): Promise<Uint8Array> {
    return this.#call(`sign ${key}`, () => hmac(this.#key(key.slice(4)), message));
  }

  #key(id: string): Uint8Array {
    const key = this.keys.get(id);
    if (!key) throw new RemoteError(400, "a parameter has an invalid value");
    return key;
  }

  async #call<T>(name: string, work: () => T): Promise<T> {
    this.calls.push(name);
    // An answer never comes in the same turn as its request.
    await Promise.resolve();
    if (this.failure) throw this.failure;
    return work();
  }
}

/** A text as a handle; a test decides what a handle is. */
export function handle(text: string): KeyHandle {
  return text as KeyHandle;
}

function hmac(key: Uint8Array, message: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac("sha256", key).update(message).digest());
}
