// SPDX-License-Identifier: MIT

/** Makes certificate requests (PKCS#10, RFC 2986). */

import * as der from "./der.ts";
import { pemText } from "./pem.ts";

const OID = {
  commonName: "2.5.4.3",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
  sha256WithRSAEncryption: "1.2.840.113549.1.1.11",
  extensionRequest: "1.2.840.113549.1.9.14",
};

/** What a certificate may be used for in TLS. */
export type ExtendedUse = "clientAuth" | "serverAuth";

/** What a request for the certificate of a process asks for. */
export interface EndEntityRequest {
  /** The subject's only component, at most 64 bytes. */
  readonly commonName: string;
  /** In this order. */
  readonly uses: readonly ExtendedUse[];
  /** A DNS name that the certificate is to be for as well; ASCII. */
  readonly dnsName?: string;
  /** The public key: SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
  /** Signs with the RSA key: PKCS #1 v1.5 with SHA-256 of the given bytes. */
  sign(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array>;
}

/**
 * The request as PEM text. It asks for a certificate that is no authority's, whose key signs and
 * takes part in key exchanges, with the critical extensions in the order of the existing product.
 */
export async function endEntityRequest(request: EndEntityRequest): Promise<string> {
  const info = der.sequence(
    der.ZERO,
    subject(request.commonName),
    request.spki,
    der.context(
      0,
      der.sequence(
        der.objectIdentifier(OID.extensionRequest),
        der.setOf(extensions(request)),
      ),
    ),
  );
  const algorithm = der.sequence(der.objectIdentifier(OID.sha256WithRSAEncryption), der.NULL);
  const signature = der.bitString(await request.sign(info));
  return pemText("CERTIFICATE REQUEST", der.sequence(info, algorithm, signature));
}

function subject(commonName: string): der.Der {
  const attribute = der.sequence(
    der.objectIdentifier(OID.commonName),
    der.utf8String(commonName),
  );
  return der.sequence(der.setOf(attribute));
}

function extensions({ uses, dnsName }: EndEntityRequest): der.Der {
  // digitalSignature, nonRepudiation, keyEncipherment: the first three of its bits.
  const usage = der.bitString(Uint8Array.of(0b1110_0000), 5);
  const all = [
    critical(OID.basicConstraints, der.sequence()),
    critical(OID.keyUsage, usage),
    critical(
      OID.extendedKeyUsage,
      der.sequence(...uses.map((use) => der.objectIdentifier(OID[use]))),
    ),
  ];
  if (dnsName !== undefined) {
    const name = der.contextBytes(2, new TextEncoder().encode(dnsName));
    all.push(
      der.sequence(
        der.objectIdentifier(OID.subjectAltName),
        der.octetString(der.sequence(name)),
      ),
    );
  }
  return der.sequence(...all);
}

function critical(id: string, value: Uint8Array): der.Der {
  return der.sequence(der.objectIdentifier(id), der.TRUE, der.octetString(value));
}
