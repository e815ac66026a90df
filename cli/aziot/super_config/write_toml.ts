// SPDX-License-Identifier: MIT

import { stringify } from "smol-toml";
import type { Table } from "../../../services/config/toml.ts";

/**
 * The text of a document: an empty line before each table header, lists without inner spaces, as
 * people write TOML by hand.
 */
export function writeToml(document: Table): string {
  const lines = stringify(document).split("\n").flatMap((line) => {
    if (line.startsWith("[")) return ["", line];
    return [line.replace(ONE_LINE_LIST, "$1[$2]")];
  });
  return lines.join("\n").replace(/\n{3,}/g, "\n\n").trim() + "\n";
}

const ONE_LINE_LIST = /^((?:[\w-]+|"(?:[^"\\]|\\.)*") = )\[ (.*) \]$/;
