// SPDX-License-Identifier: MIT

import type { Offer, Value } from "./model.ts";

/** The script that bash loads for the commands `names`. */
export function bashScript(offers: readonly Offer[], names: readonly string[]): string {
  const [root] = names;
  const below = offers.slice(1).map(({ path }) => `      ${quoted(path)}) at=$next ;;\n`);
  const values = offers.flatMap(({ path, options }) =>
    options.filter(({ value }) => value.kind !== "none").map((option) => {
      const patterns = option.names.map((name) => quoted(`${path} ${name}`)).join(" | ");
      return `    ${patterns}) ${reply(option.value)} return ;;\n`;
    })
  );
  const words = offers.map(({ path, commands, options, words }) => {
    const all = [
      ...commands.map(({ name }) => name),
      ...words,
      ...options.flatMap((option) => option.names),
    ];
    return `    ${quoted(path)}) ${compgen("-W", all.join(" "))} ;;\n`;
  });
  return `# bash completion of ${names.join(", ")}; made from the command definitions.

_${root}() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  local at=${root} next i
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="$at \${COMP_WORDS[i]}"
    case $next in
${below.join("")}    esac
  done
  case "$at $previous" in
${values.join("")}  esac
  case $at in
${words.join("")}  esac
}

complete -F _${root} ${names.join(" ")}
`;
}

function reply(value: Value): string {
  switch (value.kind) {
    case "words":
      return `${compgen("-W", value.words.join(" "), value.orFile ? " -f" : "")};`;
    case "file":
      return `compopt -o filenames; ${compgen("-f")};`;
    case "directory":
      return `compopt -o filenames; ${compgen("-d")};`;
    default:
      return "COMPREPLY=();";
  }
}

function compgen(action: string, words?: string, more = ""): string {
  const list = words === undefined ? "" : ` ${quoted(words)}`;
  return `mapfile -t COMPREPLY < <(compgen ${action}${list}${more} -- "$current")`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
