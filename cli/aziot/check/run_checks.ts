// SPDX-License-Identifier: MIT

import type { Check, Section } from "./check.ts";
import type { Context } from "./context.ts";
import { failure, type Finding, IGNORED, type Json, type Outcome } from "./outcome.ts";

/** What is told of a check. */
export interface Result {
  check: Check;
  outcome: Outcome;
  info: { [key: string]: Json };
}

/** Hears of everything in the order of the checks. */
export interface Reporter {
  section(name: string): void;
  result(result: Result): void;
  /** After the last check of a section. */
  endOfSection(): void;
}

/** How the checks are run. */
export interface RunOptions {
  warningsAsErrors: boolean;
}

/**
 * Runs checks side by side and reports them in their order; those of configurations go first,
 * since they may be fatal, which ends the run. Answers all results that were reported.
 */
export async function runChecks(
  sections: readonly Section[],
  first: readonly Check[],
  context: Context,
  options: RunOptions,
  reporter: Reporter,
): Promise<Result[]> {
  const started = new Map<Check, Promise<Finding>>();
  for (const check of first) started.set(check, find(check, context));
  await Promise.all(started.values());
  const isOver = (await Promise.all(started.values())).some(isFatal);

  const results: Result[] = [];
  for (const { checks } of isOver ? [] : sections) {
    for (const check of checks) {
      if (!started.has(check)) started.set(check, find(check, context));
    }
  }
  for (const { name, checks } of sections) {
    reporter.section(name);
    for (const check of checks) {
      const finding = await (started.get(check) ?? find(check, context));
      const result = resultOf(check, finding, options);
      results.push(result);
      reporter.result(result);
      if (isFatal(finding)) return results;
    }
    reporter.endOfSection();
  }
  return results;
}

async function find(check: Check, context: Context): Promise<Finding> {
  if (context.isLeftOut(check.id)) return IGNORED;
  try {
    return await check.run(context);
  } catch (error) {
    const [message, cause] = error instanceof Error
      ? [error.message, error.cause]
      : [String(error), undefined];
    return failure(message, "This check itself failed; --verbose tells of the cause.", cause);
  }
}

function isFatal({ outcome }: Finding): boolean {
  return outcome.kind === "fatal";
}

function resultOf(check: Check, { outcome, info }: Finding, options: RunOptions): Result {
  const counted: Outcome = outcome.kind === "warning" && options.warningsAsErrors
    ? { ...outcome, kind: "error" }
    : outcome;
  return { check, outcome: counted, info: { ...check.info, ...info } };
}
