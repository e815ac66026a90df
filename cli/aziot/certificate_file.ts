// SPDX-License-Identifier: MIT

import type { KeyObject } from "node:crypto";

/** What is of interest of a certificate. */
export interface Certificate {
  notBefore: Date;
  notAfter: Date;
  publicKey: KeyObject;
}

const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** All certificates of a PEM text in their order. Throws when one cannot be read. */
export async function parseCertificates(pem: string): Promise<Certificate[]> {
  const { X509Certificate } = await import("node:crypto");
  return (pem.match(BLOCK) ?? []).map((block) => {
    const certificate = new X509Certificate(block);
    return {
      notBefore: new Date(certificate.validFrom),
      notAfter: new Date(certificate.validTo),
      publicKey: certificate.publicKey,
    };
  });
}

/** Whether two public keys are the same. */
export function isSameKey(one: KeyObject, other: KeyObject): boolean {
  const spki = (key: KeyObject) => key.export({ type: "spki", format: "der" });
  return spki(one).equals(spki(other));
}

/** A time as people read it, `2031-04-05 06:07:08 UTC`. */
export function timeText(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
