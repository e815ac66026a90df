// SPDX-License-Identifier: MIT

/** Exit codes of the tool; scripts rely on them. */
export const EXIT = {
  failure: 1,
  usage: 2,
  /** `init`: this kind of provisioning is not available here. */
  unavailable: 4,
  /** `init`: a configuration is there already. */
  exists: 5,
  /** Ctrl-C, or the end of input, while something was asked. */
  interrupted: 130,
} as const;

/** A failure with an exit code of its own. */
export class CliError extends Error {
  constructor(message: string, readonly exitCode: number, options?: ErrorOptions) {
    super(message, options);
    this.name = "CliError";
  }
}

/** An end with an exit code after everything was said already. */
export class SilentExit extends CliError {
  constructor(exitCode: number) {
    super("", exitCode);
    this.name = "SilentExit";
  }
}

/** A command line that cannot be carried out; exit code 2. */
export class UsageError extends CliError {
  constructor(message: string) {
    super(message, EXIT.usage);
    this.name = "UsageError";
  }
}

/**
 * An error as the user sees it: the outermost message and, after an empty line, the causes, one a
 * line and numbered when there are several. With `isDebug` the stack follows.
 */
export function errorText(error: unknown, isDebug: boolean): string {
  const messages: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    messages.push(withoutCall(cause.message));
  }
  const [first = withoutCall(String(error)), ...causes] = messages;
  const lines = [first];
  if (causes.length > 0) {
    lines.push("", "Caused by:");
    const number = (index: number) => causes.length > 1 ? `${index}: ` : "";
    causes.forEach((cause, index) => lines.push(`    ${number(index)}${cause}`));
  }
  if (isDebug && error instanceof Error && error.stack) lines.push("", error.stack);
  return `${lines.join("\n")}\n`;
}

/** The operating system's words without the runtime's: `...(os error 2): readfile '/x'`. */
export function withoutCall(message: string): string {
  return message.replace(/(\(os error \d+\)): [\w ]+ '.*'( -> '.*')?$/s, "$1");
}
