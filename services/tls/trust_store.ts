// SPDX-License-Identifier: MIT

/** The trust anchors of a client, read again now and then. */

import type { ContextOptions, TlsContext, TlsLibrary } from "../../ffi/tls.ts";

/**
 * How long a store that was read is used, in milliseconds. Reading the system's costs some 50 ms
 * of CPU; an administrator who adds or removes a CA should not have to restart a service.
 */
const LIFETIME = 600_000;

/** One TLS context at a time. */
export class TrustStore implements Disposable {
  readonly #library: Pick<TlsLibrary, "context">;
  readonly #options: ContextOptions;
  readonly #elapsed: () => number;
  #context: TlsContext | undefined;
  #readAt = 0;

  /** `elapsed` is a clock in milliseconds that is never set back. */
  constructor(
    library: Pick<TlsLibrary, "context">,
    options: ContextOptions,
    elapsed: () => number = () => performance.now(),
  ) {
    this.#library = library;
    this.#options = options;
    this.#elapsed = elapsed;
  }

  /** The context for a new connection; throws when the anchors cannot be read. */
  context(): TlsContext {
    if (this.#context && this.#elapsed() - this.#readAt > LIFETIME) this.forget();
    if (!this.#context) {
      this.#context = this.#library.context(this.#options);
      this.#readAt = this.#elapsed();
    }
    return this.#context;
  }

  /** The next connection reads the anchors anew: a certificate was not trusted. */
  forget(): void {
    this.#context?.[Symbol.dispose]();
    this.#context = undefined;
  }

  [Symbol.dispose](): void {
    this.forget();
  }
}
