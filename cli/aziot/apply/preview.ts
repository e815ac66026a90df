// SPDX-License-Identifier: MIT

import { parseToml, type Table } from "../../../services/config/toml.ts";
import { reasonOf } from "../key_file.ts";
import { lineDiff } from "../line_diff.ts";
import { masked } from "../mask.ts";
import { INLINE_KEY_PATH } from "../super_config/service_configs.ts";
import { writeToml } from "../super_config/write_toml.ts";
import type { Plan, PlannedFile } from "./plan.ts";

/**
 * What an apply would write, with secrets masked: each document below a comment with its path,
 * then, all in comments, how each file differs from what is there.
 */
export async function preview({ files, documents, deviceKey }: Plan): Promise<string> {
  const parts: string[] = [];
  if (deviceKey) {
    parts.push(`# ${INLINE_KEY_PATH}: the symmetric key, ${deviceKey.length} bytes\n`);
  }
  for (const { service, path } of files) {
    parts.push(`# ${path}\n\n${writeToml(masked(documents[service]))}`);
  }
  const changes = await Promise.all(files.map((file) => changeOf(file, documents[file.service])));
  return `${[...parts, `# Changes:\n${changes.join("")}`].join("\n")}`;
}

async function changeOf({ path }: PlannedFile, document: Table): Promise<string> {
  let present: Table;
  try {
    present = parseToml(await Deno.readTextFile(path));
  } catch (error) {
    const isNew = error instanceof Deno.errors.NotFound;
    return `#   ${path}: ${isNew ? "new" : `cannot be compared: ${reasonOf(error)}`}\n`;
  }
  const before = writeToml(masked(present));
  const after = writeToml(masked(document));
  if (before !== after) return `#   ${path}:\n${differences(before, after)}`;
  const isSame = writeToml(present) === writeToml(document);
  return `#   ${path}: ${isSame ? "unchanged" : "only secrets change"}\n`;
}

/** The changed lines, each group below the table that it is in. */
function differences(before: string, after: string): string {
  const lines: string[] = [];
  let header = "";
  for (const { sign, text } of lineDiff(before, after)) {
    if (sign === " ") {
      if (text.startsWith("[")) header = text;
    } else if (text !== "") {
      if (header !== "") lines.push(`#         ${header}\n`);
      header = "";
      lines.push(`#       ${sign} ${text}\n`);
    }
  }
  return lines.join("");
}
