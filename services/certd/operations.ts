// SPDX-License-Identifier: MIT

/**
 * What callers can do with certificates. Everybody who reaches the socket may read; what changes
 * something is authorized by the caller's uid and the certificate's id.
 */

import type * as v from "valibot";
import { invalidParameter, ServiceError } from "../http/errors.ts";
import type { Peer } from "../http/peer.ts";
import type { Answer } from "./certificate_files.ts";
import { holdsCertificate } from "./check_pem.ts";
import type { Config } from "./config.ts";
import { isAuthorized } from "./principals.ts";
import type * as requests from "./requests.ts";
import type { Store } from "./store.ts";

type Body<S extends v.GenericSchema> = v.InferOutput<S>;

/** The settings that count for a request; they may change at any time, together. */
export type Rules = Pick<Config, "principal" | "cert_issuance">;

/** The operations of the service. */
export class Operations {
  constructor(readonly store: Store, readonly rules: () => Rules) {}

  /** The PEM text of a certificate or a bundle. */
  read(id: string): Answer<string> {
    const pem = this.store.read(id);
    return pem instanceof Promise ? pem.then(found) : found(pem);
  }

  /** Stores PEM text as it is; it has to be empty or hold a certificate. */
  async import(
    peer: Peer,
    id: string,
    { pem }: Body<typeof requests.importCertificate>,
  ): Promise<void> {
    this.#authorize(peer, id);
    if (pem !== "" && !await holdsCertificate(pem)) {
      throw invalidParameter("pem", "no certificate in it can be read");
    }
    await this.store.write(id, pem);
  }

  /** Deletes a certificate; a missing one is fine. */
  async remove(peer: Peer, id: string): Promise<void> {
    this.#authorize(peer, id);
    await this.store.remove(id);
  }

  /** Issues a certificate for a request, stores it and answers its chain in PEM. */
  create(peer: Peer, body: Body<typeof requests.createCertificate>): Promise<string> {
    const { certId, issuer } = body;
    this.#authorize(peer, certId);
    if (!issuer && !this.rules().cert_issuance.certs.has(certId)) {
      throw new ServiceError(500, `no issuance method is configured for the cert ${certId}`, {
        cause: new Error("could not create cert", {
          cause: invalidParameter("issuer", "issuer is required for locally-issued certs"),
        }),
      });
    }
    throw new Error("could not create cert", {
      cause: new Error("certificates are not issued yet"),
    });
  }

  #authorize({ uid }: Peer, id: string): void {
    if (isAuthorized(this.rules().principal, uid, id)) return;
    throw new ServiceError(401, `user ${uid} is not authorized to modify the cert ${id}`);
  }
}

function found(pem: string | undefined): string {
  if (pem === undefined) throw invalidParameter("id", "not found");
  return pem;
}
