// SPDX-License-Identifier: MIT

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
    principal.uid === uid && principal.keys.some((pattern) => matches(pattern, keyId))
  );
}

/**
 * Wildcard match by Unicode characters. Steps back to the last `*` only, so that no pattern takes
 * more than pattern × text steps: the text comes from the caller.
 */
function matches(pattern: string, text: string): boolean {
  const wanted = Array.from(pattern);
  const given = Array.from(text);
  let star = -1;
  let restart = 0;
  let at = 0;
  for (let next = 0; next < given.length;) {
    if (wanted[at] === "*") {
      star = at++;
      restart = next;
    } else if (wanted[at] === "?" || (at < wanted.length && wanted[at] === given[next])) {
      at++;
      next++;
    } else if (star >= 0) {
      at = star + 1;
      next = ++restart;
    } else {
      return false;
    }
  }
  while (wanted[at] === "*") at++;
  return at === wanted.length;
}
