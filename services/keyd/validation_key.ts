// SPDX-License-Identifier: MIT

import { KeyUsage } from "../../ffi/keys.ts";
import { ServiceError } from "../http/errors.ts";
import type { Answer } from "./answer.ts";
import type { HandleSigner } from "./handles.ts";
import { RESERVED_ID } from "./key_ref.ts";
import type { Library } from "./library.ts";

/**
 * The key that signs the handles. It is made on first use and then taken for granted; when it does
 * not do what it should, it may have been removed or replaced under the running service, so it is
 * made again if it is missing and the call is tried once more.
 *
 * Whatever goes wrong is no fault of the caller's: 500.
 */
export class ValidationKey implements HandleSigner {
  #isThere = false;

  constructor(readonly library: Pick<Library, "createKey" | "signHmac" | "verifyHmac">) {}

  sign(payload: Uint8Array): Answer<Uint8Array> {
    return this.#use(() => this.library.signHmac(RESERVED_ID, payload), () => true);
  }

  verify(payload: Uint8Array, signature: Uint8Array): Answer<boolean> {
    return this.#use(
      () => this.library.verifyHmac(RESERVED_ID, payload, signature),
      (isGenuine) => isGenuine,
    );
  }

  #use<T>(call: () => Answer<T>, isGood: (result: T) => boolean): Answer<T> {
    if (!this.#isThere) return this.#makeAndUse(call);
    let result: Answer<T>;
    try {
      result = call();
    } catch {
      return this.#makeAndUse(call);
    }
    if (result instanceof Promise) {
      return result.then(
        (value) => isGood(value) ? value : this.#makeAndUse(call),
        () => this.#makeAndUse(call),
      );
    }
    return isGood(result) ? result : this.#makeAndUse(call);
  }

  async #makeAndUse<T>(call: () => Answer<T>): Promise<T> {
    try {
      await this.library.createKey(RESERVED_ID, KeyUsage.sign);
      this.#isThere = true;
      return await call();
    } catch (error) {
      this.#isThere = false;
      throw asInternal(error);
    }
  }
}

function asInternal(error: unknown): ServiceError {
  if (error instanceof ServiceError && error.status >= 500) return error;
  return new ServiceError(500, "internal error", {
    cause: new Error("could not use the handle validation key", { cause: error }),
  });
}
