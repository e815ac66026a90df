// SPDX-License-Identifier: MIT

/** What `scripts/build` ends with. */
export const STATUS = {
  ok: 0,
  usage: 2,
  /** A tool is missing or of the wrong version. */
  tool: 3,
  /** No stub for `deno compile`, or none that is genuine. */
  denort: 4,
  build: 5,
  /** The packages were built and break a rule: lintian's or a size. */
  check: 6,
} as const;

/** Ends the build with a status and one message for the user. */
export class Failure extends Error {
  override name = "Failure";
  readonly status: number;

  constructor(status: keyof typeof STATUS, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = STATUS[status];
  }
}
