// SPDX-License-Identifier: MIT

/**
 * A keys library through the keys shim: every function of its list, blocking and nonblocking. The
 * interface is described in `ffi/keys/include/aziot-keys.h`; names and numbers here are its.
 */

import type { KeysFunctions } from "./keys_functions.ts";
import { functionsOf, openShim } from "./keys_shim/shim.ts";

export * from "./keys_functions.ts";

/**
 * The same on a thread of its own, 26 to 45 us more a call. Bytes that are handed over must not
 * change until the promise has settled.
 */
export type NonblockingKeysFunctions = {
  [Name in keyof KeysFunctions]: (
    ...args: Parameters<KeysFunctions[Name]>
  ) => Promise<ReturnType<KeysFunctions[Name]>>;
};

/** An open keys library. */
export interface KeysLibrary {
  /** The version in its function list, such as 0x02010000. */
  readonly version: number;
  /**
   * Whether a call may begin before another one has ended. If not, which is all that the interface
   * promises of a library, the caller sees to it, whatever the form of the calls.
   */
  readonly mayOverlap: boolean;
  /** For what takes less than about 50 us: HMAC, AEAD and ECDSA with keys in files. */
  readonly blocking: KeysFunctions;
  /** For everything else: RSA, key generation, changes of the disk, tokens. */
  readonly nonblocking: NonblockingKeysFunctions;
}

/** Why a keys library could not be used. */
export class KeysLibraryError extends Error {
  /** The class, for whoever prints the error. */
  override readonly name: string = "KeysLibraryError";
  /** Which of the three it is. */
  readonly reason: KeysLibraryFault;

  /** `message` names the library and says what is wrong with it. */
  constructor(reason: KeysLibraryFault, message: string) {
    super(message);
    this.reason = reason;
  }
}

/**
 * The library cannot be loaded or does not export the one symbol, offers no version we know, or
 * lacks a function of its list.
 */
export type KeysLibraryFault = "not loadable" | "no common version" | "null pointer";

const FAULTS: readonly KeysLibraryFault[] = ["not loadable", "no common version", "null pointer"];

/**
 * Opens the keys library at `library` through the shim at `shim`, both absolute paths, and gives up
 * the permission to open the shim again. Throws {@link KeysLibraryError} when the library cannot be
 * used.
 */
export function openKeysLibrary(paths: { shim: string; library: string }): KeysLibrary {
  const shim = openShim(paths.shim);
  const { code, fault } = shim.load(paths.library);
  if (code !== 0) throw new KeysLibraryError(FAULTS[code - 1] ?? "not loadable", fault);
  return {
    version: shim.version(),
    mayOverlap: shim.mayOverlap(),
    // Each form answers in one way throughout, which the common type of the two cannot say.
    blocking: functionsOf(shim.blocking, true) as KeysFunctions,
    nonblocking: functionsOf(shim.nonblocking, false) as NonblockingKeysFunctions,
  };
}
