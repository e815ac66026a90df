// SPDX-License-Identifier: MIT

import {
  type CipherInput,
  EncryptMechanism,
  KeysCode,
  type KeysFunctions,
  type KeysLibrary,
  type NonblockingKeysFunctions,
  type Outcome,
  SignMechanism,
} from "../../ffi/keys.ts";
import { type Answer, chain } from "./answer.ts";
import type { CipherAlgorithm, CipherParameters, SignAlgorithm } from "./algorithms.ts";
import { type KeyRef, storedKey } from "./key_ref.ts";
import { codeName, type Library, LibraryError } from "./library.ts";
import { CallQueue } from "./queue.ts";

/** Inputs up to this size are worth no trip to another thread: HMAC takes about 50 us for it. */
const QUICK_BYTES = 16 * 1024;

/** Calls one function of the library in the form that it is given. */
type Call<T> = (functions: KeysFunctions | NonblockingKeysFunctions) => Answer<T>;

/**
 * Slow calls at a time of a library that allows calls to overlap: enough for the cores of a device,
 * few enough to leave threads for everything else.
 */
const OVERLAPPING = 4;

/**
 * The installed keys library. So much its interface promises to whatever library is installed: it is
 * called strictly one call at a time, unless it says itself that calls may overlap. Then a quick call
 * waits for none.
 */
export class NativeLibrary implements Library {
  readonly #queue: CallQueue;

  /** `isQuick`: no call can reach anything slower than a file, such as a token. */
  constructor(readonly functions: KeysLibrary, readonly isQuick: boolean) {
    this.#queue = new CallQueue(functions.mayOverlap ? OVERLAPPING : 1);
  }

  /** Sets a parameter, at start; throws with its name when the library refuses it. */
  setParameter(name: string, value: string): void {
    const code = this.functions.blocking.setParameter(name, value);
    if (code === KeysCode.ok) return;
    throw new Error(`could not set ${name} parameter on library: ${codeName(code)}`);
  }

  createKey(id: string, usage: number): Answer<void> {
    return this.#do("create key", false, (f) => f.createKeyIfNotExists(id, usage));
  }

  importKey(id: string, bytes: Uint8Array, usage: number): Answer<void> {
    return this.#do("import key", false, (f) => f.importKey(id, bytes, usage));
  }

  loadKey(id: string): Answer<void> {
    return this.#do("load key", true, (f) => f.loadKey(id));
  }

  deleteKey(id: string): Answer<void> {
    return this.#do("delete key", false, (f) => f.deleteKey(id));
  }

  createKeyPair(id: string, algorithms: string | null): Answer<void> {
    return this.#do("create key pair", false, (f) => f.createKeyPairIfNotExists(id, algorithms));
  }

  loadKeyPair(id: string): Answer<void> {
    return this.#do("load key pair", true, (f) => f.loadKeyPair(id));
  }

  moveKeyPair(from: string, to: string): Answer<void> {
    return this.#do("move key pair", false, (f) => f.moveKeyPair(from, to));
  }

  deleteKeyPair(id: string): Answer<void> {
    return this.#do("delete key pair", false, (f) => f.deleteKeyPair(id));
  }

  keyPairParameter(id: string, type: number): Answer<Uint8Array> {
    return this.#get(
      "get key pair parameter",
      true,
      (f) => f.getKeyPairParameter(id, type),
    );
  }

  deriveKey(id: string, data: Uint8Array): Answer<Uint8Array> {
    return this.#get("derive key", isSmall(data), (f) => f.deriveKey(id, data));
  }

  sign(ref: KeyRef, algorithm: SignAlgorithm, message: Uint8Array): Answer<Uint8Array> {
    const { id } = storedKey(ref);
    return this.#get(
      "sign",
      isSmall(message),
      ref.kind === "derived"
        ? (f) => f.sign(id, SignMechanism.derived, message, ref.data)
        : (f) => f.sign(id, algorithm.mechanism, message),
    );
  }

  encrypt(
    ref: KeyRef,
    algorithm: CipherAlgorithm,
    parameters: CipherParameters,
    plaintext: Uint8Array,
  ): Answer<Uint8Array> {
    const { id, mechanism, input } = cipher(ref, algorithm, parameters);
    return this.#get(
      "encrypt",
      algorithm.quick && isSmall(plaintext),
      (f) => f.encrypt(id, mechanism, plaintext, input),
    );
  }

  decrypt(
    ref: KeyRef,
    algorithm: CipherAlgorithm,
    parameters: CipherParameters,
    ciphertext: Uint8Array,
  ): Answer<Uint8Array> {
    const { id, mechanism, input } = cipher(ref, algorithm, parameters);
    return this.#get(
      "decrypt",
      algorithm.quick && isSmall(ciphertext),
      (f) => f.decrypt(id, mechanism, ciphertext, input),
    );
  }

  signHmac(id: string, message: Uint8Array): Answer<Uint8Array> {
    return this.#get(
      "sign",
      isSmall(message),
      (f) => f.sign(id, SignMechanism.hmacSha256, message),
    );
  }

  verifyHmac(id: string, message: Uint8Array, signature: Uint8Array): Answer<boolean> {
    const verdict = this.#run(
      isSmall(message),
      (f) => f.verify(id, SignMechanism.hmacSha256, message, signature),
    );
    return chain(verdict, ({ code, ok }) => {
      if (code !== KeysCode.ok) throw new LibraryError("verify", code);
      return ok;
    });
  }

  #do(operation: string, isQuick: boolean, call: Call<number>): Answer<void> {
    return chain(this.#run(isQuick, call), (code) => {
      if (code !== KeysCode.ok) throw new LibraryError(operation, code);
    });
  }

  #get(operation: string, isQuick: boolean, call: Call<Outcome>): Answer<Uint8Array> {
    return chain(this.#run(isQuick, call), ({ code, bytes }) => {
      if (code !== KeysCode.ok) throw new LibraryError(operation, code);
      return bytes;
    });
  }

  #run<T>(isQuick: boolean, call: Call<T>): Answer<T> {
    const { mayOverlap, blocking, nonblocking } = this.functions;
    if (!this.isQuick || !isQuick) return this.#queue.run(() => call(nonblocking));
    return mayOverlap ? call(blocking) : this.#queue.run(() => call(blocking));
  }
}

function isSmall(input: Uint8Array): boolean {
  return input.length <= QUICK_BYTES;
}

/** Which key does it how: a derived one is named by its base and what it is derived from. */
function cipher(
  ref: KeyRef,
  algorithm: CipherAlgorithm,
  parameters: CipherParameters,
): { id: string; mechanism: number; input: CipherInput } {
  const { id } = storedKey(ref);
  return ref.kind === "derived"
    ? { id, mechanism: EncryptMechanism.derived, input: { ...parameters, derivation: ref.data } }
    : { id, mechanism: algorithm.mechanism, input: parameters };
}
