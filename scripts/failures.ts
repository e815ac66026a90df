// SPDX-License-Identifier: MIT

/**
 * What failed, short enough to be read at the end of a log of which only the end is kept: each
 * failed test with the first lines of its error.
 */

/** A failed test or check. */
export interface Failure {
  /** Its name, with its file where it has one. */
  name: string;
  /** What was wrong, in the order of importance. */
  lines: string[];
}

/** Lines of a summary, its heading included. */
const MOST_LINES = 60;
/** Lines of one failure's error. */
const MOST_OF_ONE = 6;
const WIDTH = 200;
const HEADING = "Failed:";

/** Collects the failures from what `deno test` prints without colours, line by line. */
export class FailureReader {
  readonly failures: Failure[] = [];
  #isWithin = false;
  #wasEmpty = false;

  line(text: string): void {
    if (text === " ERRORS ") this.#isWithin = true;
    else if (text === " FAILURES ") this.#isWithin = false;
    else if (this.#isWithin) this.#take(text);
  }

  #take(text: string): void {
    const isFirst = this.#wasEmpty && isName(text);
    this.#wasEmpty = text.trim() === "";
    if (isFirst) this.failures.push({ name: text, lines: [] });
    else if (!this.#wasEmpty && !isNoise(text)) this.failures.at(-1)?.lines.push(text.trim());
  }
}

function isName(text: string): boolean {
  return / => (\.|file:).*:\d+:\d+$/.test(text) || text.endsWith(" (uncaught error)");
}

/** Frames of the runtime, and marks below lines of code. */
function isNoise(text: string): boolean {
  return /^\s*(at .*ext:|\^|at async (innerWrapped|exitSanitizer))/.test(text);
}

/** The summary's lines, none without failures. */
export function summary(failures: readonly Failure[]): string[] {
  if (failures.length === 0) return [];
  const shown = failures.slice(0, MOST_LINES - 2);
  const left = failures.length - shown.length;
  const room = Math.floor((MOST_LINES - 2) / shown.length) - 1;
  const most = Math.max(0, Math.min(MOST_OF_ONE, room));
  return [
    HEADING,
    ...shown.flatMap(({ name, lines }) => [
      clipped(`- ${name}`),
      ...lines.slice(0, most).map((line) => clipped(`    ${line}`)),
    ]),
    ...left > 0 ? [`- and ${left} more`] : [],
  ];
}

/** The failures of which the summary stands at the end of `output`, before the closing line. */
export function summarized(output: string): Failure[] {
  const lines = output.trimEnd().split("\n").slice(0, -1);
  const start = lines.lastIndexOf(HEADING);
  if (start < 0) return [];
  const failures: Failure[] = [];
  for (const line of lines.slice(start + 1)) {
    if (line.startsWith("- ")) failures.push({ name: line.slice(2), lines: [] });
    else if (line.startsWith("    ")) failures.at(-1)?.lines.push(line.slice(4));
    else return [];
  }
  return failures;
}

function clipped(text: string): string {
  return text.length <= WIDTH ? text : `${text.slice(0, WIDTH - 1)}…`;
}
