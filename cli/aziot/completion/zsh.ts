// SPDX-License-Identifier: MIT

import type { Offer, Value } from "./model.ts";

/** The script that zsh loads for the commands `names`. */
export function zshScript(offers: readonly Offer[], names: readonly string[]): string {
  const [root] = names;
  const below = offers.slice(1).map(({ path }) => `      ${quoted(path)}) at=$next ;;\n`);
  const values = offers.flatMap(({ path, options }) =>
    options.filter(({ value }) => value.kind !== "none").map((option) => {
      const patterns = option.names.map((name) => quoted(`${path} ${name}`)).join("|");
      return `    ${patterns}) ${offer(option.value)} return ;;\n`;
    })
  );
  const words = offers.map(({ path, commands, options, words }) => {
    const all = [
      ...commands.map(({ name, description }) => described(name, description)),
      ...words.map((word) => quoted(word)),
      ...options.flatMap((option) =>
        option.names.map((name) => described(name, option.description))
      ),
    ];
    return `    ${quoted(path)}) offered=(${all.join(" ")}) ;;\n`;
  });
  return `#compdef ${names.join(" ")}
# zsh completion of ${names.join(", ")}; made from the command definitions.

_${root}() {
  local at=${root} next word
  local -a offered
  for word in \${words[2,CURRENT-1]}; do
    next="$at $word"
    case $next in
${below.join("")}    esac
  done
  case "$at \${words[CURRENT-1]}" in
${values.join("")}  esac
  case $at in
${words.join("")}  esac
  _describe -o ${root} offered
}

_${root} "$@"
`;
}

function offer(value: Value): string {
  switch (value.kind) {
    case "words":
      return `compadd -- ${value.words.map(quoted).join(" ")};${value.orFile ? " _files;" : ""}`;
    case "file":
      return "_files;";
    case "directory":
      return "_files -/;";
    default:
      return "_message value;";
  }
}

function described(name: string, description: string): string {
  return quoted(`${name.replaceAll(":", "\\:")}:${description}`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
