// SPDX-License-Identifier: MIT

import type { Offer, OfferedOption } from "./model.ts";

/** The script that fish loads for the commands `names`. */
export function fishScript(offers: readonly Offer[], names: readonly string[]): string {
  const [root] = names;
  const below = offers.slice(1).map(({ path }) =>
    `            case ${quoted(path)}\n                set at $next\n`
  );
  const lines = names.flatMap((name) => [
    `complete -c ${name} -f`,
    ...offers.flatMap((offer) => linesOf(name, `__${root}_at ${quoted(offer.path)}`, offer)),
  ]);
  return `# fish completion of ${names.join(", ")}; made from the command definitions.

function __${root}_at
    set -l at ${root}
    for word in (commandline -opc)[2..-1]
        set -l next "$at $word"
        switch $next
${below.join("")}        end
    end
    test "$at" = "$argv[1]"
end

${lines.join("\n")}
`;
}

function linesOf(name: string, condition: string, { commands, options, words }: Offer): string[] {
  const start = `complete -c ${name} -n ${quoted(condition)}`;
  return [
    ...commands.map((sub) => `${start} -a ${sub.name} -d ${quoted(sub.description)}`),
    ...words.map((word) => `${start} -a ${word}`),
    ...options.map((option) => `${start}${switches(option)} -d ${quoted(option.description)}`),
  ];
}

function switches({ names, value }: OfferedOption): string {
  const flags = names.map((name) =>
    name.startsWith("--") ? ` -l ${name.slice(2)}` : ` -s ${name.slice(1)}`
  );
  switch (value.kind) {
    case "none":
      return flags.join("");
    case "words":
      return `${flags.join("")} -r ${value.orFile ? "-F" : "-f"} -a ${
        quoted(value.words.join(" "))
      }`;
    case "file":
    case "directory":
      return `${flags.join("")} -r -F`;
    case "any":
      return `${flags.join("")} -x`;
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
