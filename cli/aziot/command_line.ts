// SPDX-License-Identifier: MIT

import { type Command, CommanderError } from "commander";
import { EXIT, UsageError } from "./errors.ts";
import type { Machine } from "./machine.ts";
import { aziotProgram } from "./program.ts";

/** Runs what a command line asks for. Answers the exit code of help and of usage errors. */
export async function runCommandLine(args: readonly string[], machine: Machine): Promise<number> {
  const program = aziotProgram(machine);
  configure(program, machine);
  let running = program;
  program.hook("preAction", (_, action) => {
    running = action;
  });
  try {
    await program.parseAsync(helpAsOption(args).flatMap(splitShortOption), { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      machine.err(`error: ${error.message}\n${usage(running)}`);
      return EXIT.usage;
    }
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : EXIT.usage;
  }
}

/** `help config apply` as `config help apply`: the library's own help looks at one word only. */
function helpAsOption(args: readonly string[]): string[] {
  const [first, ...words] = args;
  if (first !== "help" || words.length < 2) return [...args];
  return [...words.slice(0, -1), "help", ...words.slice(-1)];
}

function usage(command: Command): string {
  const names: string[] = [];
  for (let next: Command | null = command; next !== null; next = next.parent) {
    names.unshift(next.name());
  }
  return `\nUsage: ${names.join(" ")} ${command.usage()}\n\nFor more information, try '--help'.\n`;
}

/** Applied to every command: commander hands settings on only to commands that are added later. */
function configure(command: Command, machine: Machine): void {
  command
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(`${text}${usage(command)}`),
      writeOut: (text) => machine.out(text),
      writeErr: (text) => machine.err(withoutValues(text)),
      getOutHelpWidth: () => 100,
      getErrHelpWidth: () => 100,
    });
  for (const sub of command.commands) configure(sub, machine);
}

/** `-o=value`, which callers of the field's tool use, as `-o value`. */
function splitShortOption(arg: string, index: number, args: readonly string[]): string[] {
  const match = /^(-[A-Za-z])=(.*)$/s.exec(arg);
  if (match === null || args.indexOf("--") >= 0 && args.indexOf("--") < index) return [arg];
  const [, option = "", value = ""] = match;
  return [option, value];
}

/** A mistyped option is repeated to the user, the secret that may stand behind it is not. */
function withoutValues(text: string): string {
  return text
    .replace(/(--[\w-]+)=[^\n]*?'(?=\n|$)/g, "$1=***'")
    .replace(/(SharedAccessKey=)[^;'"\s]*/g, "$1***");
}
