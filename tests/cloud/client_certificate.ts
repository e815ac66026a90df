// SPDX-License-Identifier: MIT

/**
 * Judging the certificate chain that a client presented. TLS itself lets every certificate pass,
 * since a device known by its thumbprint may have signed its own.
 */

import type { X509Certificate } from "node:crypto";

/** What a client certificate must be. */
export type CertificateRule =
  /** One of these SHA-1 or SHA-256 thumbprints, as {@link normalThumbprint} writes them. */
  | { thumbprints: string[] }
  /** Issued, directly or through presented intermediates, below one of the anchors, for this name. */
  | { anchors: X509Certificate[]; commonName: string };

/** `valid`, or the first check that the chain fails. */
export function checkClientChain(
  chain: X509Certificate[],
  rule: CertificateRule,
  now: Date,
): string {
  const leaf = chain[0];
  if (leaf === undefined) return "no client certificate";
  if (!current(leaf, now)) return "client certificate expired or not yet valid";
  if ("thumbprints" in rule) {
    const { sha1, sha256 } = thumbprints(leaf);
    const known = rule.thumbprints.includes(sha1) || rule.thumbprints.includes(sha256);
    return known ? "valid" : "unknown thumbprint";
  }
  if (commonName(leaf) !== rule.commonName) return "wrong common name";
  return leadsTo(leaf, chain.slice(1), rule.anchors, now) ? "valid" : "untrusted issuer";
}

/** Both thumbprints of a certificate: lower-case hex without colons. */
export function thumbprints(certificate: X509Certificate): { sha1: string; sha256: string } {
  return {
    sha1: certificate.fingerprint.replaceAll(":", "").toLowerCase(),
    sha256: certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
  };
}

/** A thumbprint in its one form; `undefined` when the text is not one of SHA-1 or SHA-256. */
export function normalThumbprint(text: string): string | undefined {
  const hex = text.replaceAll(":", "").toLowerCase();
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(hex) ? hex : undefined;
}

/** The last common name of the subject, as the services read it. */
export function commonName(certificate: X509Certificate): string | undefined {
  const names = certificate.subject.split("\n").filter((line) => line.startsWith("CN="));
  return names.at(-1)?.slice(3);
}

/** Follows the issuers upwards; each step uses up a certificate, so a loop ends. */
function leadsTo(
  certificate: X509Certificate,
  intermediates: X509Certificate[],
  anchors: X509Certificate[],
  now: Date,
): boolean {
  const issued = (issuer: X509Certificate) =>
    issuer.ca && current(issuer, now) && certificate.issuer === issuer.subject &&
    certificate.verify(issuer.publicKey);
  if (anchors.some(issued)) return true;
  return intermediates.some((next, at) =>
    issued(next) && leadsTo(next, intermediates.toSpliced(at, 1), anchors, now)
  );
}

function current(certificate: X509Certificate, now: Date): boolean {
  return new Date(certificate.validFrom) <= now && now <= new Date(certificate.validTo);
}
