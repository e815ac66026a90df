// SPDX-License-Identifier: MIT

/** Why a request to the cloud gave nothing, as far as it decides what happens next. */

/** What kind of failure it is. */
export type CloudFailure =
  /** The cloud could not be reached, or says itself that it could not: go on offline. */
  | "network"
  /** The cloud asked to be left alone until the end of the schedule; like `network`. */
  | "throttled"
  /** The cloud understood and said no, or a service of ours refused to sign. */
  | "rejected"
  /** The answer makes no sense. */
  | "invalid";

/** A request to the cloud that failed. The message goes to the caller: no header, no key. */
export class CloudError extends Error {
  override name = "CloudError";
  /** The status of the answer, when there was one. */
  readonly status: number | undefined;

  constructor(
    readonly failure: CloudFailure,
    message: string,
    options: ErrorOptions & { status?: number } = {},
  ) {
    super(message, options);
    this.status = options.status;
  }

  /** Whether what was known before may be used instead. */
  get isOutage(): boolean {
    return this.failure === "network" || this.failure === "throttled";
  }
}
