// SPDX-License-Identifier: MIT

import { matchesPattern } from "../config/id_pattern.ts";

/** One `[[principal]]` of the configuration: a uid and patterns of the key ids it may ask for. */
export interface Principal {
  readonly uid: number;
  /** `*` is any text, also none; `?` is one character; everything else stands for itself. */
  readonly keys: readonly string[];
}

const ROOT = 0;

/**
 * Whether a caller may ask for a key by its id. Root always may; everybody else needs a principal of
 * their uid with a pattern that matches the whole id. Principals of one uid add up.
 */
export function isAuthorized(
  principals: readonly Principal[],
  uid: number,
  keyId: string,
): boolean {
  if (uid === ROOT) return true;
  return principals.some((principal) =>
    principal.uid === uid && principal.keys.some((pattern) => matchesPattern(pattern, keyId))
  );
}
