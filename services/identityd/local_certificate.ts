// SPDX-License-Identifier: MIT

/**
 * Has the certificate of a local identity issued. The key is the caller's, not the device's: it is
 * made for this answer and kept nowhere here.
 */

import { X509Certificate } from "node:crypto";
import type { CertificatesClient } from "../certd/client.ts";
import { endEntityRequest } from "../x509/certificate_request.ts";
import { certificateBlocks, pemText } from "../x509/pem.ts";
import type { IssueLocal, LocalRequest } from "./local_identities.ts";

const ALGORITHM = {
  name: "RSASSA-PKCS1-v1_5",
  modulusLength: 2048,
  publicExponent: Uint8Array.of(1, 0, 1),
  hash: "SHA-256",
};

/** Issues by the Certificates Service, under the module's name and by the method of that name. */
export function localIssuer(
  certificates: Pick<CertificatesClient, "createCertificate">,
): IssueLocal {
  return async (request) => {
    const { moduleId } = request;
    const { privateKey, csr } = await keyAndRequest(request);
    let certificate: string;
    try {
      certificate = await certificates.createCertificate(moduleId, csr);
    } catch (cause) {
      throw new Error(`could not have the certificate of ${moduleId} issued`, { cause });
    }
    const expiration = expirationOf(certificate);
    return { type: "local", spec: { moduleId, auth: { privateKey, certificate, expiration } } };
  };
}

async function keyAndRequest(
  { commonName, dnsName, attributes }: LocalRequest,
): Promise<{ privateKey: string; csr: string }> {
  const { subtle } = crypto;
  const keys = await subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const csr = await endEntityRequest({
    commonName,
    // Even a server renews its certificate as a client of its EST server.
    uses: attributes === "server" ? ["clientAuth", "serverAuth"] : ["clientAuth"],
    ...dnsName === undefined ? {} : { dnsName },
    spki: new Uint8Array(await subtle.exportKey("spki", keys.publicKey)),
    sign: async (bytes) =>
      new Uint8Array(await subtle.sign(ALGORITHM.name, keys.privateKey, bytes)),
  });
  const bytes = new Uint8Array(await subtle.exportKey("pkcs8", keys.privateKey));
  const privateKey = pemText("PRIVATE KEY", bytes);
  bytes.fill(0);
  return { privateKey, csr };
}

/** When the first certificate of a chain ends: RFC 3339, in UTC. */
function expirationOf(chain: string): string {
  const [first] = certificateBlocks(chain);
  if (!first) throw new Error("the Certificates Service has issued no certificate");
  const { validTo } = new X509Certificate(first);
  return new Date(validTo).toISOString().replace(/\.\d+Z$/, "+00:00");
}
