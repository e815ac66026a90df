// SPDX-License-Identifier: MIT

/**
 * A certificate authority that lives as long as the cloud: its private key never leaves the
 * process, so there is nothing to protect on disk and nothing to add to the machine's trust store.
 */

// @peculiar/x509 needs the metadata reflection API before it is loaded.
import "reflect-metadata";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

/** A certificate with its chain and its private key, ready for `node:https` and `node:tls`. */
export interface Identity {
  /** PEM, the leaf first, then its issuers without the root. */
  cert: string;
  /** PEM, PKCS#8. */
  key: string;
}

/** What is asked of the authority. */
export interface Request {
  commonName: string;
  use: "server" | "client";
  /** DNS names and IP addresses for subjectAltName; none leaves the extension out. */
  names?: string[];
  /** Default: an hour ago, so that a clock slightly behind does not matter. */
  notBefore?: Date;
  /** Default: a year from now. */
  notAfter?: Date;
}

const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** A root or an intermediate authority with a fresh P-256 key. */
export class Authority {
  private constructor(
    private readonly keys: CryptoKeyPair,
    private readonly certificate: X509Certificate,
    /** PEM certificates between this authority and the root, this one first; empty for a root. */
    private readonly path: string,
  ) {}

  /** The authority's own certificate, PEM with a final newline. */
  get pem(): string {
    return pem(this.certificate);
  }

  /** A self-signed root. */
  static async create(commonName: string): Promise<Authority> {
    const keys = await generateKeys();
    const certificate = await X509CertificateGenerator.create({
      serialNumber: serial(),
      subject: [{ CN: [commonName] }],
      issuer: [{ CN: [commonName] }],
      notBefore: new Date(Date.now() - HOUR),
      notAfter: new Date(Date.now() + 10 * YEAR),
      signingAlgorithm: ALGORITHM,
      publicKey: keys.publicKey,
      signingKey: keys.privateKey,
      extensions: await authorityExtensions(keys.publicKey, keys.publicKey),
    });
    return new Authority(keys, certificate, "");
  }

  /** An intermediate below this authority. */
  async subordinate(commonName: string): Promise<Authority> {
    const keys = await generateKeys();
    const certificate = await this.#sign(keys.publicKey, {
      commonName,
      notAfter: new Date(Date.now() + 5 * YEAR),
      extensions: await authorityExtensions(keys.publicKey, this.keys.publicKey),
    });
    return new Authority(keys, certificate, pem(certificate) + this.path);
  }

  /** A leaf with a fresh key. */
  async issue(request: Request): Promise<Identity> {
    const keys = await generateKeys();
    const purpose = request.use === "server"
      ? ExtendedKeyUsage.serverAuth
      : ExtendedKeyUsage.clientAuth;
    const extensions: Extension[] = [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([purpose]),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(this.keys.publicKey),
    ];
    const names = request.names ?? [];
    if (names.length > 0) extensions.push(alternativeNames(names));
    const certificate = await this.#sign(keys.publicKey, { ...request, extensions });
    return { cert: pem(certificate) + this.path, key: await exportKey(keys.privateKey) };
  }

  #sign(
    publicKey: CryptoKey,
    content: { commonName: string; notBefore?: Date; notAfter?: Date; extensions: Extension[] },
  ): Promise<X509Certificate> {
    return X509CertificateGenerator.create({
      serialNumber: serial(),
      subject: [{ CN: [content.commonName] }],
      issuer: this.certificate.subject,
      notBefore: content.notBefore ?? new Date(Date.now() - HOUR),
      notAfter: content.notAfter ?? new Date(Date.now() + YEAR),
      signingAlgorithm: ALGORITHM,
      publicKey,
      signingKey: this.keys.privateKey,
      extensions: content.extensions,
    });
  }
}

async function authorityExtensions(own: CryptoKey, issuer: CryptoKey): Promise<Extension[]> {
  return [
    new BasicConstraintsExtension(true, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    await SubjectKeyIdentifierExtension.create(own),
    await AuthorityKeyIdentifierExtension.create(issuer),
  ];
}

function alternativeNames(names: string[]): Extension {
  return new SubjectAlternativeNameExtension(
    names.map((value) => ({ type: isAddress(value) ? "ip" as const : "dns" as const, value })),
  );
}

function isAddress(name: string): boolean {
  return name.includes(":") || /^\d+(\.\d+){3}$/.test(name);
}

function generateKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
    "verify",
  ]);
}

async function exportKey(key: CryptoKey): Promise<string> {
  const der = new Uint8Array(await crypto.subtle.exportKey("pkcs8", key));
  const lines = btoa(String.fromCharCode(...der)).replace(/.{1,64}/g, "$&\n");
  return `-----BEGIN PRIVATE KEY-----\n${lines}-----END PRIVATE KEY-----\n`;
}

function pem(certificate: X509Certificate): string {
  return certificate.toString("pem").trimEnd() + "\n";
}

/** 15 random bytes behind a leading 01: positive, of constant length, within RFC 5280's 20. */
function serial(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(15));
  return "01" + Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
