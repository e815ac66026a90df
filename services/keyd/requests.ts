// SPDX-License-Identifier: MIT

/** The bodies of the requests, all JSON objects. Unknown members are ignored. */

import * as v from "valibot";
import { KeyUsage } from "../../ffi/keys.ts";
import { decodeBase64 } from "../http/base64.ts";

/** Bytes as strict base64. */
export const bytes = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }): Uint8Array => {
    const decoded = decodeBase64(dataset.value);
    if (decoded) return decoded;
    // The text may be a key: it is not repeated.
    addIssue({ message: "expected base64 with padding", expected: "base64 with padding" });
    return NEVER;
  }),
);

const USAGES = "derive, encrypt and sign, separated by commas";

const USAGE_BITS: ReadonlyMap<string, number> = new Map(Object.entries(KeyUsage));

/** `usage` of a symmetric key, such as `derive,sign`, as the bits of the keys library. */
export const usage = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }): number => {
    let bits = 0;
    for (const name of dataset.value.split(",")) {
      const bit = USAGE_BITS.get(name);
      if (bit === undefined) {
        addIssue({ message: `expected ${USAGES}`, expected: USAGES });
        return NEVER;
      }
      bits |= bit;
    }
    return bits;
  }),
);

/** POST `/key`: creates a key if there is none, or imports `keyBytes` over whatever is there. */
export const createKey = v.object({ keyId: v.string(), usage, keyBytes: v.nullish(bytes) });

/** POST `/keypair`. */
export const createKeyPair = v.object({
  keyId: v.string(),
  preferredAlgorithms: v.nullish(v.string()),
});

/** POST `/keypair/{id}`: moves the pair `from` to the id of the path. */
export const move = v.object({ from: v.string() });

/** What needs a handle and nothing else. */
export const byHandle = v.object({ keyHandle: v.string() });

/** POST `/derivedkey`. */
export const derive = v.object({ baseKeyHandle: v.string(), derivationData: bytes });
