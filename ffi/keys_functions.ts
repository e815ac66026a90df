// SPDX-License-Identifier: MIT

/** The function list of a keys library and its numbers, as `ffi/keys/include/aziot-keys.h` has them. */

/** Result codes of a keys library, and the shim's own for a function the library lacks. */
export const KeysCode = {
  ok: 0,
  invalidParameter: 1,
  external: 2,
  absent: 0xffffffff,
} as const;

/** Public parameters of a key pair. */
export const KeyPairParameter = {
  algorithm: 1,
  ecCurveOid: 2,
  ecPoint: 3,
  rsaModulus: 4,
  rsaExponent: 5,
} as const;

/** What a symmetric key is for: bits. */
export const KeyUsage = { derive: 0x01, sign: 0x01, encrypt: 0x10 } as const;

/** Mechanisms of {@link KeysFunctions.sign} and {@link KeysFunctions.verify}. */
export const SignMechanism = { ecdsa: 1, hmacSha256: 2, derived: 3 } as const;

/** Mechanisms of {@link KeysFunctions.encrypt} and {@link KeysFunctions.decrypt}. */
export const EncryptMechanism = { aead: 1, rsaPkcs1: 2, rsaNoPadding: 3, derived: 4 } as const;

/** What a function answered. `bytes` is empty unless `code` is {@link KeysCode.ok}. */
export interface Outcome {
  /** One of {@link KeysCode}, or another number of the library's. */
  code: number;
  /** What was handed out. */
  bytes: Uint8Array;
}

/** What {@link KeysFunctions.verify} answered. `ok` is false unless `code` is 0. */
export interface Verdict {
  /** One of {@link KeysCode}, or another number of the library's. */
  code: number;
  /** Whether the signature is good. */
  ok: boolean;
}

/** What goes with the input of encrypt and decrypt. */
export interface CipherInput {
  /** What the key is derived from; counts only with the mechanism `derived`. */
  derivation?: Uint8Array;
  /** Counts only with the mechanisms `aead` and `derived`. */
  iv?: Uint8Array;
  /** Counts only with the mechanisms `aead` and `derived`. */
  aad?: Uint8Array;
}

/**
 * The functions of the list. Results are codes, or codes with what the function hands out. A text
 * with a NUL in it is a `TypeError`.
 */
export interface KeysFunctions {
  /** Sets a parameter of the library, such as `homedir_path`. */
  setParameter(name: string, value: string | null): number;
  /** `algorithms`: names by preference, separated by colons; `null` leaves it to the library. */
  createKeyPairIfNotExists(id: string, algorithms: string | null): number;
  /** A pair that is called `to` is lost. */
  moveKeyPair(from: string, to: string): number;
  /** 0 when there is a usable pair. */
  loadKeyPair(id: string): number;
  /** `type`: one of {@link KeyPairParameter}. */
  getKeyPairParameter(id: string, type: number): Outcome;
  /** 0 also when there is none. */
  deleteKeyPair(id: string): number;
  /** `usage`: bits of {@link KeyUsage}. */
  createKeyIfNotExists(id: string, usage: number): number;
  /** 0 when there is a usable symmetric key. */
  loadKey(id: string): number;
  /** Replaces a key that is there. `usage`: bits of {@link KeyUsage}. */
  importKey(id: string, bytes: Uint8Array, usage: number): number;
  /** 0 also when there is none. */
  deleteKey(id: string): number;
  /** The caller wipes the bytes. */
  deriveKey(id: string, data: Uint8Array): Outcome;
  /** `mechanism`: one of {@link SignMechanism}; `derivation` counts only with `derived`. */
  sign(id: string, mechanism: number, digest: Uint8Array, derivation?: Uint8Array): Outcome;
  /** `mechanism`: one of {@link SignMechanism}. */
  verify(id: string, mechanism: number, digest: Uint8Array, signature: Uint8Array): Verdict;
  /** `mechanism`: one of {@link EncryptMechanism}. */
  encrypt(id: string, mechanism: number, plaintext: Uint8Array, input?: CipherInput): Outcome;
  /** `mechanism`: one of {@link EncryptMechanism}. */
  decrypt(id: string, mechanism: number, ciphertext: Uint8Array, input?: CipherInput): Outcome;
}
