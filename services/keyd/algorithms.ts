// SPDX-License-Identifier: MIT

/**
 * The algorithms of `/sign`, `/encrypt` and `/decrypt`, one row each: which kinds of keys it takes,
 * what its `parameters` are, and which mechanism of the keys library does it.
 */

import * as v from "valibot";
import { EncryptMechanism, SignMechanism } from "../../ffi/keys.ts";
import type { KeyRef } from "./key_ref.ts";
import { bytes } from "./requests.ts";

type Kinds = readonly KeyRef["kind"][];

const SYMMETRIC: Kinds = ["key", "derived"];
const PAIR: Kinds = ["pair"];
const NONE: Kinds = [];

/** A row of the `/sign` table. */
export interface SignAlgorithm {
  readonly name: string;
  readonly kinds: Kinds;
  readonly mechanism: number;
  /** Reads `parameters`: a digest for ECDSA, the whole message for HMAC. */
  readonly message: v.GenericSchema<unknown, Uint8Array>;
}

/** Initialisation vector and additional authenticated data; empty where an algorithm has none. */
export interface CipherParameters {
  readonly iv: Uint8Array;
  readonly aad: Uint8Array;
}

/** A row of the `/encrypt` or the `/decrypt` table. */
export interface CipherAlgorithm {
  readonly name: string;
  readonly kinds: Kinds;
  readonly mechanism: number;
  /** Whether a key in a file does a small input in less than about 50 us. */
  readonly quick: boolean;
  readonly parameters: v.GenericSchema<unknown, CipherParameters>;
}

const ivAndAad = v.object({ iv: bytes, aad: bytes });

/** Parameters that may be left out or `null`, and nothing else. */
const none = v.pipe(
  v.nullish(v.null(), null),
  v.transform((): CipherParameters => ({ iv: new Uint8Array(), aad: new Uint8Array() })),
);

const SIGN: readonly SignAlgorithm[] = [
  {
    name: "ECDSA",
    kinds: PAIR,
    mechanism: SignMechanism.ecdsa,
    message: v.pipe(v.object({ digest: bytes }), v.transform(({ digest }) => digest)),
  },
  {
    name: "HMAC-SHA256",
    kinds: SYMMETRIC,
    mechanism: SignMechanism.hmacSha256,
    message: v.pipe(v.object({ message: bytes }), v.transform(({ message }) => message)),
  },
];

const { aead, rsaPkcs1, rsaNoPadding } = EncryptMechanism;

/** Both RSA rows are operations with the private key. */
const ENCRYPT: readonly CipherAlgorithm[] = [
  { name: "AEAD", kinds: SYMMETRIC, mechanism: aead, quick: true, parameters: ivAndAad },
  { name: "RSA-PKCS1", kinds: PAIR, mechanism: rsaPkcs1, quick: false, parameters: none },
  { name: "RSA-NO-PADDING", kinds: PAIR, mechanism: rsaNoPadding, quick: false, parameters: none },
];

/** RSA is understood here, and refused for every key. */
const DECRYPT = ENCRYPT.map((row) => row.kinds === PAIR ? { ...row, kinds: NONE } : row);

/** POST `/sign`. */
export const sign = byAlgorithm(SIGN, (algorithm) =>
  v.pipe(
    v.object({ keyHandle: v.string(), parameters: algorithm.message }),
    v.transform(({ keyHandle, parameters }) => ({ keyHandle, algorithm, message: parameters })),
  ));

/** POST `/encrypt`. */
export const encrypt = byAlgorithm(ENCRYPT, (algorithm) =>
  v.pipe(
    v.object({ keyHandle: v.string(), parameters: algorithm.parameters, plaintext: bytes }),
    v.transform(({ keyHandle, parameters, plaintext }) => ({
      keyHandle,
      algorithm,
      parameters,
      input: plaintext,
    })),
  ));

/** POST `/decrypt`. */
export const decrypt = byAlgorithm(DECRYPT, (algorithm) =>
  v.pipe(
    v.object({ keyHandle: v.string(), parameters: algorithm.parameters, ciphertext: bytes }),
    v.transform(({ keyHandle, parameters, ciphertext }) => ({
      keyHandle,
      algorithm,
      parameters,
      input: ciphertext,
    })),
  ));

/**
 * A schema whose shape the member `algorithm` decides. Looked up rather than tried: signing is what
 * callers do most.
 */
function byAlgorithm<A extends { name: string }, Output>(
  table: readonly A[],
  schemaOf: (algorithm: A) => v.GenericSchema<unknown, Output>,
): v.GenericSchema<unknown, Output> {
  const schemas = new Map<unknown, v.GenericSchema<unknown, Output>>(
    table.map((algorithm) => [algorithm.name, schemaOf(algorithm)]),
  );
  const unknown = v.pipe(
    v.object({ algorithm: v.picklist(table.map(({ name }) => name)) }),
    v.transform((): Output => {
      throw new Error("an algorithm of the table without a schema");
    }),
  );
  return v.lazy((input) => schemas.get(algorithmOf(input)) ?? unknown);
}

function algorithmOf(body: unknown): unknown {
  return typeof body === "object" && body !== null && "algorithm" in body
    ? body.algorithm
    : undefined;
}
