// SPDX-License-Identifier: MIT

import type { Command, Option } from "commander";

/** What may follow an option: nothing, words to choose from, a path, or anything. */
export type Value =
  | { kind: "none" }
  | { kind: "words"; words: readonly string[]; orFile: boolean }
  | { kind: "file" }
  | { kind: "directory" }
  | { kind: "any" };

/** One option as shells offer it. */
export interface OfferedOption {
  /** As they are typed, such as `-c` and `--config`. */
  names: readonly string[];
  description: string;
  value: Value;
}

/** What shells offer behind a command. */
export interface Offer {
  /** The words that lead to it, `aziot` among them. */
  path: string;
  commands: readonly { name: string; description: string }[];
  options: readonly OfferedOption[];
  /** The words that its argument may be. */
  words: readonly string[];
}

/** The offers of a command and of all below it; hidden commands and options are left out. */
export function offersOf(command: Command, above: readonly string[] = []): Offer[] {
  const path = [...above, command.name()];
  const help = command.createHelp();
  const commands = help.visibleCommands(command);
  const own: Offer = {
    path: path.join(" "),
    commands: commands.map((sub) => ({ name: sub.name(), description: sub.description() })),
    options: help.visibleOptions(command).map(offeredOption),
    words: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  };
  return [own, ...commands.flatMap((sub) => sub.name() === "help" ? [] : offersOf(sub, path))];
}

function offeredOption(option: Option): OfferedOption {
  const { short, long, description } = option;
  const names = [short, long].filter((name) => name !== undefined && name !== null);
  return { names, description, value: valueOf(option) };
}

function valueOf({ flags, argChoices, required, optional }: Option): Value {
  if (!required && !optional) return { kind: "none" };
  const placeholder = /<([\w:=]+)>/.exec(flags)?.[1] ?? "";
  const isFile = FILES.includes(placeholder);
  if (argChoices !== undefined) return { kind: "words", words: argChoices, orFile: isFile };
  if (isFile) return { kind: "file" };
  return { kind: placeholder === "DIR" ? "directory" : "any" };
}

/** What the help calls the value of an option that may be the path of a file. */
const FILES = ["FILE", "PATH", "CERT", "KEY", "SOURCE"];
