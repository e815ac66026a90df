// SPDX-License-Identifier: MIT

/** How many of the levels error, warn, info, debug, trace pass (0: `off`). */
type Verbosity = number;

/** What of a program's records is written: the longest matching target decides. */
export interface Filter {
  verbosity(target: string): Verbosity;
}

const NAMES = ["off", "error", "warn", "info", "debug", "trace"];
const INFO: Verbosity = NAMES.indexOf("info");
const TRACE: Verbosity = NAMES.indexOf("trace");

/**
 * Reads the value of `AZIOT_LOG`: entries `level` or `target=level` separated by commas, levels in
 * any case. A target matches by prefix; a word that is no level is a target at trace; targets
 * without an entry keep info. Entries that cannot be read come back in `invalid`: a bad filter
 * never stops a start.
 */
export function parseFilter(spec: string): { filter: Filter; invalid: string[] } {
  const invalid: string[] = [];
  const rules: { target: string; verbosity: Verbosity }[] = [];
  const [directives = "", ...regex] = spec.split("/");
  if (regex.length > 0) invalid.push(`/${regex.join("/")}`);

  for (const entry of directives.split(",").map((text) => text.trim())) {
    if (entry === "") continue;
    const [left = "", right, ...rest] = entry.split("=");
    if (right === undefined) {
      const verbosity = NAMES.indexOf(left.toLowerCase());
      rules.push(verbosity < 0 ? { target: left, verbosity: TRACE } : { target: "", verbosity });
      continue;
    }
    const verbosity = right === "" ? TRACE : NAMES.indexOf(right.toLowerCase());
    if (rest.length > 0) invalid.push(entry);
    else if (verbosity < 0) invalid.push(right);
    else rules.push({ target: left, verbosity });
  }

  // Stable sort: among equal targets the later entry stands last and wins.
  rules.sort((a, b) => a.target.length - b.target.length);
  const verbosity = (target: string): Verbosity =>
    rules.findLast((rule) => target.startsWith(rule.target))?.verbosity ?? INFO;
  return { filter: { verbosity }, invalid };
}
