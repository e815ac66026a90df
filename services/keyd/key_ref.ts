// SPDX-License-Identifier: MIT

/**
 * The key that signs the handles. Whoever could use, read or replace it could make handles for every
 * key, so no request may name it and no handle may stand for it.
 */
export const RESERVED_ID = "handle-validation-key";

/** A key that the library stores: `key` is symmetric, `pair` a key pair. */
export interface StoredKey {
  readonly kind: "key" | "pair";
  readonly id: string;
}

/** A symmetric key that exists only while it is used: HMAC-SHA256(base key, data). */
export interface DerivedKey {
  readonly kind: "derived";
  readonly base: StoredKey;
  /** The handle of the base key as its holder presented it. */
  readonly handle: string;
  readonly data: Uint8Array;
}

/** What a handle stands for. */
export type KeyRef = StoredKey | DerivedKey;

/** The stored key that a reference comes down to. */
export function storedKey(ref: KeyRef): StoredKey {
  return ref.kind === "derived" ? ref.base : ref;
}
