// SPDX-License-Identifier: MIT

import { type Asker, type Choice, Interrupted, type Judge } from "./asker.ts";

/** A question that was asked, and what was answered or found wrong. */
export interface Exchange {
  message: string;
  answer?: string;
  problem?: string;
}

/** Gives prepared answers in their order, and leaves when there are no more. */
export class ScriptedAsker implements Asker {
  readonly exchanges: Exchange[] = [];
  said = "";
  readonly #answers: string[];

  constructor(answers: readonly string[]) {
    this.#answers = [...answers];
  }

  /** How many answers were not asked for. */
  get left(): number {
    return this.#answers.length;
  }

  say(text: string): void {
    this.said += text;
  }

  async text(message: string, judge: Judge, usual?: string): Promise<string> {
    for (;;) {
      const answer = this.#next(message) || usual || "";
      const problem = await judge(answer);
      if (problem === undefined) return answer;
      this.exchanges.push({ message, problem });
    }
  }

  secret(message: string, judge: Judge): Promise<string> {
    return this.text(message, judge);
  }

  choose<T>(message: string, choices: readonly Choice<T>[]): Promise<T> {
    for (;;) {
      const choice = choices[Number(this.#next(message)) - 1];
      if (choice !== undefined && choice.refusal === undefined) {
        return Promise.resolve(choice.value);
      }
      this.exchanges.push({ message, problem: choice?.refusal ?? "no such choice" });
    }
  }

  confirm(message: string): Promise<boolean> {
    return Promise.resolve(this.#next(message) === "y");
  }

  #next(message: string): string {
    const answer = this.#answers.shift();
    if (answer === undefined) throw new Interrupted();
    this.exchanges.push({ message, answer });
    return answer;
  }
}
