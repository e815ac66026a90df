// SPDX-License-Identifier: MIT

/** The keys library as the service sees it, whichever library is installed. */

import { KeysCode } from "../../ffi/keys.ts";
import { ServiceError } from "../http/errors.ts";
import type { Answer } from "./answer.ts";
import type { CipherAlgorithm, CipherParameters, SignAlgorithm } from "./algorithms.ts";
import type { KeyRef } from "./key_ref.ts";

/**
 * The operations of a keys library. Each throws {@link LibraryError} when the library refuses or
 * fails. Ids have no NUL.
 */
export interface Library {
  createKey(id: string, usage: number): Answer<void>;
  importKey(id: string, bytes: Uint8Array, usage: number): Answer<void>;
  loadKey(id: string): Answer<void>;
  deleteKey(id: string): Answer<void>;
  /** `algorithms`: in order of preference, by colons; `null` leaves it to the library. */
  createKeyPair(id: string, algorithms: string | null): Answer<void>;
  loadKeyPair(id: string): Answer<void>;
  moveKeyPair(from: string, to: string): Answer<void>;
  deleteKeyPair(id: string): Answer<void>;
  keyPairParameter(id: string, type: number): Answer<Uint8Array>;
  deriveKey(id: string, data: Uint8Array): Answer<Uint8Array>;
  sign(ref: KeyRef, algorithm: SignAlgorithm, message: Uint8Array): Answer<Uint8Array>;
  encrypt(
    ref: KeyRef,
    algorithm: CipherAlgorithm,
    parameters: CipherParameters,
    plaintext: Uint8Array,
  ): Answer<Uint8Array>;
  decrypt(
    ref: KeyRef,
    algorithm: CipherAlgorithm,
    parameters: CipherParameters,
    ciphertext: Uint8Array,
  ): Answer<Uint8Array>;
  /** HMAC-SHA256 with a symmetric key. */
  signHmac(id: string, message: Uint8Array): Answer<Uint8Array>;
  verifyHmac(id: string, message: Uint8Array, signature: Uint8Array): Answer<boolean>;
}

/** The name of a result code, as it stands in logs. */
export function codeName(code: number): string {
  switch (code) {
    case KeysCode.invalidParameter:
      return "AZIOT_KEYS_RC_ERR_INVALID_PARAMETER";
    case KeysCode.external:
      return "AZIOT_KEYS_RC_ERR_EXTERNAL";
    case KeysCode.absent:
      return "the keys library does not have this function";
    default:
      return `unknown result code ${code}`;
  }
}

/**
 * A call that the library did not do. An invalid parameter, which also is an unknown key, is the
 * caller's mistake; everything else is ours and shows no reason, which the library has logged.
 */
export class LibraryError extends ServiceError {
  override name = "LibraryError";

  /** `operation` completes "could not …". */
  constructor(operation: string, readonly code: number) {
    const isMistake = code === KeysCode.invalidParameter;
    super(
      isMistake ? 400 : 500,
      isMistake ? "a parameter has an invalid value" : "internal error",
      isMistake ? {} : { cause: failure(operation, code) },
    );
  }
}

/** The chain of causes that a failure of the library leaves in the log. */
function failure(operation: string, code: number): Error {
  const message = `could not ${operation}`;
  return new Error(message, { cause: new Error(`${message}: ${codeName(code)}`) });
}
