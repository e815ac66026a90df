// SPDX-License-Identifier: MIT

/**
 * A private key that lives elsewhere and signs on request. The Keys Service client makes them
 * (`keys.signer(handle)`); certificate building and TLS take one and know no Keys Service.
 */
export interface Signer {
  /** P-256 for `ec-p256`; the modulus length of an `rsa` key is in its {@link spki}. */
  readonly kind: "ec-p256" | "rsa";
  /** DER of the public key as SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7). */
  readonly spki: Uint8Array;
  /** Signs a digest; answers the DER signature (RFC 3279, section 2.2.3). EC keys only. */
  ecdsa(digest: Uint8Array): Promise<Uint8Array>;
  /** PKCS#1 v1.5 signature over a DER DigestInfo (RFC 8017, section 9.2). RSA keys only. */
  rsaPkcs1(digestInfo: Uint8Array): Promise<Uint8Array>;
  /** Raw private-key operation on a block as long as the modulus. RSA keys only. */
  rsaRaw(block: Uint8Array): Promise<Uint8Array>;
}
