// SPDX-License-Identifier: MIT

/**
 * The cloud's own clock. Tests move it to let tokens expire; the machine's clock stays as it is.
 */
export class Clock {
  /** Seconds that the cloud is ahead of the machine; negative when it is behind. */
  offsetSeconds = 0;
  /** Seconds that the `Date` header of an answer is ahead of the cloud's own time. */
  dateSkewSeconds = 0;

  /** The cloud's time: what expiries are compared with. */
  now(): Date {
    return new Date(Date.now() + this.offsetSeconds * 1000);
  }

  /** The value of the `Date` header of an answer given now. */
  dateHeader(): string {
    return new Date(this.now().getTime() + this.dateSkewSeconds * 1000).toUTCString();
  }
}
