// SPDX-License-Identifier: MIT

/**
 * Whether a `[[principal]]`'s pattern matches a whole id: `*` is any text, also none and with `/`,
 * `?` is one Unicode character, everything else stands for itself.
 *
 * Steps back to the last `*` only, so that no pattern takes more than pattern × id steps: the id
 * comes from the caller.
 */
export function matchesPattern(pattern: string, id: string): boolean {
  const wanted = Array.from(pattern);
  const given = Array.from(id);
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
