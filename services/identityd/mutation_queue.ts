// SPDX-License-Identifier: MIT

import { ServiceError } from "../http/errors.ts";

/**
 * The one owner of everything that changes: creating, updating and deleting modules, provisioning
 * and reloading run one at a time, in the order in which they came. Reads never wait here.
 */
export class MutationQueue {
  #tail: Promise<unknown> = Promise.resolve();

  /**
   * Runs `work` after everything that was queued before it. When `gone` says that nobody waits for
   * it any more by the time it could start, it is left out and the promise rejects.
   */
  run<T>(work: () => Promise<T>, gone?: () => boolean): Promise<T> {
    const result = this.#tail.then(() => {
      if (gone?.()) throw new ServiceError(408, "the caller has gone before its turn came");
      return work();
    });
    this.#tail = result.catch(() => {});
    return result;
  }
}
