// SPDX-License-Identifier: MIT

import type { Outcome } from "./outcome.ts";
import type { Reporter, Result } from "./run_checks.ts";

type Colour = "green" | "yellow" | "red";

const CODES: Record<Colour, string> = { green: "\x1b[32m", yellow: "\x1b[33m", red: "\x1b[31m" };
const RESET = "\x1b[0m";

/** How the report is written. */
export interface TextOptions {
  isVerbose: boolean;
  isColoured: boolean;
  out(text: string): void;
}

/** Writes results for people as they come. */
export class TextReport implements Reporter {
  constructor(readonly options: TextOptions) {}

  section(name: string): void {
    this.options.out(`${name}\n${"-".repeat(name.length)}\n`);
  }

  result({ check: { description }, outcome }: Result): void {
    switch (outcome.kind) {
      case "ok":
        return this.#line("green", `\u221a ${description} - OK`);
      case "warning":
        this.#line("yellow", `\u203c ${description} - Warning`);
        return this.#details("yellow", outcome.details);
      case "error":
      case "fatal":
        this.#line("red", `\u00d7 ${description} - Error`);
        return this.#details("red", outcome.details);
      case "skipped":
        if (!this.options.isVerbose) return;
        this.#line("yellow", `\u203c ${description} - Warning`);
        return this.#line("yellow", "    skipping because of previous failures");
      case "ignored":
        return;
    }
  }

  endOfSection(): void {
    this.options.out("\n");
  }

  /** The figures at the end. */
  summary(results: readonly Result[]): void {
    const count = (...kinds: Outcome["kind"][]) =>
      results.filter(({ outcome }) => kinds.includes(outcome.kind)).length;
    const more = this.options.isVerbose ? "" : " Re-run with --verbose for more details.";
    this.#line("green", `${count("ok")} check(s) succeeded.`);
    for (
      const [colour, number, text] of [
        ["yellow", count("warning"), "raised warnings."],
        ["red", count("error", "fatal"), "raised errors."],
        ["yellow", count("skipped"), "were skipped due to errors from other checks."],
      ] as const
    ) {
      if (number > 0) this.#line(colour, `${number} check(s) ${text}${more}`);
    }
    this.options.out("\n");
  }

  #details(colour: Colour, [message = "", ...causes]: readonly string[]): void {
    for (const line of message.split("\n")) this.#line(colour, `    ${line}`);
    for (const cause of this.options.isVerbose ? causes : []) {
      cause.trimEnd().split("\n").forEach((line, index) =>
        this.#line(colour, index === 0 ? `        caused by: ${line}` : `${" ".repeat(19)}${line}`)
      );
    }
  }

  #line(colour: Colour, text: string): void {
    const { isColoured, out } = this.options;
    out(isColoured ? `${CODES[colour]}${text}${RESET}\n` : `${text}\n`);
  }
}
