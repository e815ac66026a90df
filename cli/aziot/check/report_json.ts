// SPDX-License-Identifier: MIT

import type { Json } from "./outcome.ts";
import type { Reporter, Result } from "./run_checks.ts";

/** Gathers results into one object. */
export class JsonReport implements Reporter {
  readonly #results: Result[] = [];

  section(): void {}

  result(result: Result): void {
    this.#results.push(result);
  }

  endOfSection(): void {}

  /** The whole report with what is told of the machine. */
  text(information: { [key: string]: Json }): string {
    const sorted = this.#results.toSorted((a, b) => a.check.id < b.check.id ? -1 : 1);
    const checks = Object.fromEntries(
      sorted.map(({ check: { id }, outcome, info }) => [id, body(outcome, info)]),
    );
    return `${JSON.stringify({ additional_info: information, checks })}\n`;
  }
}

/** Writes one object after the other, without anything between them. */
export class JsonStreamReport implements Reporter {
  constructor(readonly out: (text: string) => void) {}

  section(name: string): void {
    this.out(JSON.stringify({ kind: "section", name }));
  }

  result({ check: { id, description }, outcome, info }: Result): void {
    this.out(JSON.stringify({ kind: "check", id, description, ...body(outcome, info) }));
  }

  endOfSection(): void {}

  /** The last object. */
  end(information: { [key: string]: Json }): void {
    this.out(`${JSON.stringify({ kind: "additional_info", ...information })}\n`);
  }
}

function body(outcome: Result["outcome"], info: Result["info"]): { [key: string]: Json } {
  const result = "details" in outcome
    ? { result: outcome.kind, details: outcome.details }
    : { result: outcome.kind };
  return { result, additional_info: info };
}
