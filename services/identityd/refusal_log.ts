// SPDX-License-Identifier: MIT

import type { Log } from "../log/log.ts";
import type { Clock } from "./clock.ts";

/** How often an unchanged reason is repeated in the log, in milliseconds. */
const REPEAT = 10 * 60_000;

/** Says why the cloud refuses the device: at each change, else now and then. */
export class RefusalLog {
  #reason: string | undefined;
  #at = 0;

  constructor(readonly log: Log, readonly clock: Pick<Clock, "elapsed">) {}

  /** The cloud has refused the device for `reason`; it is asked again after `pause` milliseconds. */
  refused(reason: string, pause: number): void {
    const now = this.clock.elapsed();
    if (reason === this.#reason && now - this.#at < REPEAT) return;
    this.#reason = reason;
    this.#at = now;
    this.log.error(
      `The device is refused: ${reason}. Next attempt in ${Math.round(pause / 1_000)} seconds.`,
    );
  }

  /** The cloud has taken the device. */
  accepted(): void {
    this.#reason = undefined;
  }
}
