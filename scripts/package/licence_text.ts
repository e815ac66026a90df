// SPDX-License-Identifier: MIT

/** Takes licence files apart, so that a text which hundreds of packages carry is shown once. */

/** A licence file: whose it is, and what it says. */
export interface LicenceText {
  /** The lines that name the holders. */
  copyright: string[];
  /** The rest as it stands. */
  body: string;
  /** The same for texts that differ in holders, title and line breaks only. */
  key: string;
}

const COPYRIGHT = /^\W*(?:copyrights?\b|\(c\)|©)/i;
/** What Apache's text says about the use of the licence: no holder. */
const NO_HOLDER = /copyright (?:\[|\{|notice|license|owner|holder|law|statement|and |or )/i;

/** Takes a licence file apart. */
export function readLicence(text: string): LicenceText {
  const lines = text.replaceAll("\r", "").split("\n").map((line) => line.trimEnd());
  const holders = new Set<string>();
  const rest: string[] = [];
  for (const line of lines) {
    if (COPYRIGHT.test(line) && !NO_HOLDER.test(line) && line.length < 200) {
      holders.add(line.replace(/^[\s*#/]+/, ""));
    } else rest.push(line);
  }
  const body = rest.join("\n").replace(/\n{3,}/g, "\n\n").replace(/^\n+|\s+$/g, "");
  return { copyright: [...holders], body, key: keyOf(body) };
}

function keyOf(body: string): string {
  const words = body.toLowerCase()
    // How to use Apache's licence is an appendix that many leave out.
    .replace(
      /end of terms and conditions[\s\S]*$/,
      (tail) => /llvm exceptions/.test(tail) ? tail : "",
    )
    .replace(/https:/g, "http:")
    .replace(/[^a-z0-9]+/g, " ")
    .trim();
  return words.replace(/^(?:the )?(?:mit|isc|bsd [23] clause|apache) licen[sc]e (?:mit |isc )?/, "")
    .replace(/^all rights reserved /, "");
}

/** Which licence a text is, by its own words; `undefined` for one that is not known. */
export function licenceOf(text: string): string | undefined {
  const flat = text.toLowerCase().replace(/\s+/g, " ");
  if (flat.includes("llvm exceptions to the apache")) return "Apache-2.0 WITH LLVM-exception";
  if (flat.includes("apache license") && flat.includes("version 2.0")) return "Apache-2.0";
  if (flat.includes("mozilla public license")) return "MPL-2.0";
  if (flat.includes("boost software license")) return "BSL-1.0";
  if (flat.includes("unicode license v3")) return "Unicode-3.0";
  if (flat.includes("cc0 1.0 universal")) return "CC0-1.0";
  if (flat.includes("released into the public domain")) return "Unlicense";
  if (flat.includes("permission is hereby granted, free of charge")) return "MIT";
  if (flat.includes("permission to use, copy, modify, and/or distribute")) return "ISC";
  if (flat.includes("redistributions of source code must retain")) {
    return /neither the name|names? of .{0,60}may not be used/.test(flat)
      ? "BSD-3-Clause"
      : "BSD-2-Clause";
  }
  return undefined;
}

/**
 * The licences of an SPDX expression that have to be kept: of a choice the first that is preferred,
 * else all that are named.
 */
export function chosenLicences(expression: string): string[] {
  const preferred = ["MIT", "ISC", "BSD-2-Clause", "BSD-3-Clause", "Zlib", "Apache-2.0"];
  const named = expression.split(/\s+(?:OR|AND)\s+|\s*\/\s*|[()]/).map((name) => name.trim())
    .filter((name) => name !== "");
  const choice = !/\bAND\b/.test(expression) && named.length > 1;
  const best = choice ? preferred.find((name) => named.includes(name)) : undefined;
  return best === undefined ? [...new Set(named)] : [best];
}
