// SPDX-License-Identifier: MIT

/**
 * The Certificates Service as other programs use it, over its unix socket: certificates by id, each
 * a PEM text with the leaf first.
 *
 *     const certificates = certificatesClient({ socket: "/run/aziot/certd.sock" });
 *     await certificates.importCertificate("pump-3", pem);
 */

import * as v from "valibot";
import { encodeSegment, type UnixClient, unixClient } from "../http/unix_client.ts";
import type { KeyHandle } from "../keyd/client.ts";
import { type Log, SILENT } from "../log/log.ts";

export type { KeyHandle } from "../keyd/client.ts";
export type { Log } from "../log/log.ts";

/** How a client reaches the service. */
export interface CertificatesClientOptions {
  /** Path of the service's socket. */
  socket: string;
  /** Time for one attempt to read, write or delete; default 30 s. */
  timeoutMs?: number;
  /** Time for one attempt to issue, which may need another server; default 90 s. */
  issueTimeoutMs?: number;
  /** Further attempts after connect errors, I/O errors and timeouts, but for issuing; default none. */
  retries?: number;
  /** Before each further attempt; default 3 s. */
  retryPauseMs?: number;
  /** Told of attempts that failed; default nobody. */
  log?: Log;
}

/** Who signs a certificate: a stored certificate and the key pair that belongs to it. */
export interface Issuer {
  /** The id of the certificate. */
  certId: string;
  /** The handle of its key pair. */
  privateKeyHandle: KeyHandle;
}

/**
 * The Certificates Service. Each method rejects with `RemoteError` (status and message) when the
 * service refuses, with `NotConnectedError` when it cannot be reached.
 */
export interface CertificatesClient extends Disposable {
  /**
   * Issues a certificate for a PKCS#10 request (PEM), stores it under the id and answers its chain.
   * Without an issuer it is issued as the service is configured to.
   */
  createCertificate(
    id: string,
    csr: string,
    issuer?: Issuer,
    signal?: AbortSignal,
  ): Promise<string>;
  /** Stores PEM text under an id, over whatever is there. */
  importCertificate(id: string, pem: string, signal?: AbortSignal): Promise<void>;
  /** The PEM text of an id. An id that has none is a `RemoteError` with status 400. */
  getCertificate(id: string, signal?: AbortSignal): Promise<string>;
  /** Deletes a certificate; a missing one is fine. */
  deleteCertificate(id: string, signal?: AbortSignal): Promise<void>;
  /** Closes the connections that are kept for further requests; so does disposing. */
  close(): void;
}

/** Makes a client; connections are opened as they are needed. */
export function certificatesClient(options: CertificatesClientOptions): CertificatesClient {
  return new UnixCertificatesClient(options);
}

const QUERY = { "api-version": "2020-09-01" };
const PATH = "/certificates";

const certificateSchema = v.object({ pem: v.string() });

class UnixCertificatesClient implements CertificatesClient {
  readonly #http: UnixClient;
  readonly #issueTimeoutMs: number;

  constructor(options: CertificatesClientOptions) {
    const { socket, timeoutMs = 30_000, retries = 0, retryPauseMs = 3_000, log = SILENT } = options;
    this.#http = unixClient({
      socket,
      host: "certd.sock",
      timeoutMs,
      retries,
      retryPauseMs,
      log,
    });
    this.#issueTimeoutMs = options.issueTimeoutMs ?? 90_000;
  }

  async createCertificate(
    id: string,
    csr: string,
    issuer?: Issuer,
    signal?: AbortSignal,
  ): Promise<string> {
    const answer = await this.#http.request({
      method: "POST",
      path: PATH,
      query: QUERY,
      body: { certId: id, csr, issuer },
      expect: 201,
      timeoutMs: this.#issueTimeoutMs,
      // Twice the same request would make two certificates, the first of which nobody has.
      retries: 0,
      ...signal && { signal },
    });
    return pemOf(answer);
  }

  async importCertificate(id: string, pem: string, signal?: AbortSignal): Promise<void> {
    await this.#http.request({
      method: "PUT",
      path: pathOf(id),
      query: QUERY,
      body: { pem },
      expect: 201,
      ...signal && { signal },
    });
  }

  async getCertificate(id: string, signal?: AbortSignal): Promise<string> {
    const answer = await this.#http.request({
      method: "GET",
      path: pathOf(id),
      query: QUERY,
      ...signal && { signal },
    });
    return pemOf(answer);
  }

  async deleteCertificate(id: string, signal?: AbortSignal): Promise<void> {
    await this.#http.request({
      method: "DELETE",
      path: pathOf(id),
      query: QUERY,
      expect: 204,
      ...signal && { signal },
    });
  }

  close(): void {
    this.#http.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function pathOf(id: string): string {
  return `${PATH}/${encodeSegment(id)}`;
}

function pemOf(answer: unknown): string {
  const parsed = v.safeParse(certificateSchema, answer);
  if (parsed.success) return parsed.output.pem;
  throw new Error("the Certificates Service gave no usable answer");
}
