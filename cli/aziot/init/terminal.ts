// SPDX-License-Identifier: MIT

import process from "node:process";
import { confirm, input, password, rawlist } from "@inquirer/prompts";
import { type Asker, type Choice, Interrupted } from "./asker.ts";

/** Asks whoever sits at the terminal; on standard error, as standard output is for results. */
export function terminalAsker(): Asker {
  return {
    say: (text) => void process.stderr.write(text),
    text: (message, judge, usual) =>
      asked((context) =>
        input({
          message: usual === undefined ? `${message}:` : `${message} [${usual}]:`,
          validate: async (answer) => await judge(answer.trim() || usual || "") ?? true,
          transformer: (answer, { isFinal }) => isFinal ? answer.trim() || usual || "" : answer,
        }, context)
      ).then((answer) => answer.trim() || usual || ""),
    secret: (message, judge) =>
      asked((context) =>
        password({
          message: `${message}:`,
          mask: "*",
          toggleMask: false,
          validate: async (answer) => await judge(answer.trim()) ?? true,
        }, context)
      ).then((answer) => answer.trim()),
    choose,
    confirm: (message) => asked((context) => confirm({ message, default: true }, context)),
  };
}

async function choose<T>(message: string, choices: readonly Choice<T>[]): Promise<T> {
  for (;;) {
    const chosen = await asked((context) =>
      rawlist<Choice<T>>({
        message,
        loop: false,
        choices: choices.map((choice) => ({
          value: choice,
          name: choice.refusal === undefined ? choice.name : `${choice.name} (not available)`,
          short: choice.name,
        })),
      }, context)
    );
    if (chosen.refusal === undefined) return chosen.value;
    process.stderr.write(`  ${chosen.refusal}\n`);
  }
}

interface Context {
  output: NodeJS.WritableStream;
  signal: AbortSignal;
}

/** Runs one prompt. The library hears Ctrl-C; that input ends, or is ended with Ctrl-D, do we. */
async function asked<T>(prompt: (context: Context) => Promise<T>): Promise<T> {
  const { stdin, stderr: output } = process;
  const controller = new AbortController();
  const end = (): void => controller.abort();
  const onKey = (_: unknown, key?: { name?: string; ctrl?: boolean }): void => {
    if (key?.ctrl && key.name === "d") end();
  };
  stdin.on("end", end);
  stdin.on("keypress", onKey);
  try {
    return await prompt({ output, signal: controller.signal });
  } catch (error) {
    if (error instanceof Error && LEFT.includes(error.name)) throw new Interrupted();
    throw error;
  } finally {
    stdin.off("end", end);
    stdin.off("keypress", onKey);
    // Whatever happened: a shell without echo is worse than a lost answer.
    if (Deno.stdin.isTerminal()) Deno.stdin.setRaw(false);
  }
}

/** The library's errors for somebody who has left. */
const LEFT = ["ExitPromptError", "AbortPromptError"];
