// SPDX-License-Identifier: MIT

/** The certificates that callers are told to trust, kept by the Certificates Service. */

import type { CertificatesClient } from "../certd/client.ts";
import { RemoteError } from "../http/unix_client.ts";
import type { Log } from "../log/log.ts";

/** Reads trust bundles. */
export class TrustBundle {
  /** The id that was missing when it was last asked for, if it was. */
  #missing: string | undefined;

  constructor(
    readonly certificates: Pick<CertificatesClient, "getCertificate">,
    readonly log: Log,
  ) {}

  /**
   * The PEM text of `certId`; empty when none is configured or there is none of that id. Throws
   * when the Certificates Service cannot say.
   */
  async read(certId: string | undefined): Promise<string> {
    if (certId === undefined) return "";
    try {
      const pem = await this.certificates.getCertificate(certId);
      this.#missing = undefined;
      return pem;
    } catch (cause) {
      // The service's way to say that there is none of the id.
      if (!(cause instanceof RemoteError && cause.status === 400)) {
        throw new Error(`could not read the trust bundle ${certId}`, { cause });
      }
      // Callers poll: one line until it is there.
      if (this.#missing !== certId) this.log.warn(`there is no trust bundle ${certId}`);
      this.#missing = certId;
      return "";
    }
  }
}
