// SPDX-License-Identifier: MIT

/** What is wrong with an answer, `undefined` when it is good. Must not repeat it. */
export type Judge = (answer: string) => string | undefined | Promise<string | undefined>;

/** One choice of a menu. */
export interface Choice<T> {
  value: T;
  name: string;
  /** Why it cannot be chosen here. */
  refusal?: string | undefined;
}

/** Somebody who can be asked. Every method throws {@link Interrupted} when that one leaves. */
export interface Asker {
  say(text: string): void;
  /** An answer that `judge` finds good; an empty one is `usual`, where there is one. */
  text(message: string, judge: Judge, usual?: string): Promise<string>;
  /** An answer that is not shown. */
  secret(message: string, judge: Judge): Promise<string>;
  choose<T>(message: string, choices: readonly Choice<T>[]): Promise<T>;
  confirm(message: string): Promise<boolean>;
}

/** Ctrl-C, or the end of input. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";

  constructor() {
    super("interrupted");
  }
}
