// SPDX-License-Identifier: MIT

import { matchesPattern } from "../config/id_pattern.ts";

/** One `[[principal]]`: a uid and patterns of the certificate ids that it may write and delete. */
export interface Principal {
  readonly uid: number;
  /** `*` is any text, also none; `?` is one character; everything else stands for itself. */
  readonly certs: readonly string[];
}

const ROOT = 0;

/**
 * Whether a caller may write, issue or delete a certificate. Root always may; everybody else needs
 * a principal of their uid with a pattern that matches the whole id. Principals of one uid add up.
 */
export function isAuthorized(
  principals: readonly Principal[],
  uid: number,
  certId: string,
): boolean {
  if (uid === ROOT) return true;
  return principals.some((principal) =>
    principal.uid === uid && principal.certs.some((pattern) => matchesPattern(pattern, certId))
  );
}
