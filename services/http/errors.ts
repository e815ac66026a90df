// SPDX-License-Identifier: MIT

/**
 * The errors of an operation and what a caller sees of them. A `ServiceError` is the only one
 * that becomes its own status; anything else is a defect or a failure of ours: 500.
 */

/** An error that is the answer to a request. */
export class ServiceError extends Error {
  override name = "ServiceError";

  /**
   * `message` and the messages of the causes go to the caller, joined by `\ncaused by: `; of a
   * status from 500 on only `message`, the causes go to the log. No part may hold a secret.
   */
  constructor(readonly status: number, message: string, options?: { cause?: unknown }) {
    super(message, options);
  }
}

/** The 400 of a parameter that was readable and is wrong; `cause` says in what way. */
export function invalidParameter(name: string, cause: unknown): ServiceError {
  return new ServiceError(400, `parameter "${name}" has an invalid value`, { cause });
}

/** The messages of an error and of its causes, outermost first. */
export function errorChain(error: unknown): string[] {
  const messages: string[] = [];
  const seen = new Set<unknown>();
  for (let at = error; at !== undefined && !seen.has(at);) {
    seen.add(at);
    messages.push(at instanceof Error ? at.message : String(at));
    at = at instanceof Error ? at.cause : undefined;
  }
  return messages;
}

/** An error and its causes as the text of an error body. */
export function errorText(error: unknown): string {
  return errorChain(error).join("\ncaused by: ");
}
