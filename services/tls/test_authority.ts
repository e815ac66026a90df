// SPDX-License-Identifier: MIT

/** Certificates for the servers of this folder's tests. */

import "reflect-metadata";
import * as x509 from "@peculiar/x509";

/** A certificate with its chain and key, as PEM. */
export interface Issued {
  cert: string;
  key: string;
}

/** What a certificate says; absent: the host `localhost`, valid for a day around now. */
export interface Wish {
  commonName?: string;
  /** Alternative names; an empty list leaves the extension out. */
  names?: x509.JsonGeneralNames;
  notBefore?: Date;
  notAfter?: Date;
  /** Object identifiers of the extended key usage. */
  usage?: string[];
}

/** A certification authority that exists for one test file. */
export interface Authority {
  /** Its own certificate as PEM. */
  pem: string;
  issue(wish?: Wish): Promise<Issued>;
  /** An authority whose certificate this one has signed; its certificates carry that along. */
  intermediate(name: string): Promise<Authority>;
}

const EC: EcKeyGenParams = { name: "ECDSA", namedCurve: "P-256" };
const SIGNING = { name: "ECDSA", hash: "SHA-256" };
const HOUR = 3_600_000;

/** Distinct in one run, which is all that a test needs. */
let serial = 1;

/** A new authority with a self-signed certificate. */
export async function authority(name: string): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(EC, true, ["sign", "verify"]);
  return await madeBy(name, keys, keys, name, "");
}

/** A certificate that has signed itself, for `localhost`. */
export async function selfSigned(): Promise<Issued> {
  const keys = await crypto.subtle.generateKey(EC, true, ["sign", "verify"]);
  const certificate = await sign("localhost", "localhost", keys.publicKey, keys.privateKey, {}, [
    new x509.SubjectAlternativeNameExtension([{ type: "dns", value: "localhost" }]),
  ]);
  return { cert: certificate, key: await pemOf(keys.privateKey) };
}

async function madeBy(
  name: string,
  keys: CryptoKeyPair,
  signer: CryptoKeyPair,
  issuer: string,
  chain: string,
): Promise<Authority> {
  const pem = await sign(name, issuer, keys.publicKey, signer.privateKey, {}, [
    new x509.BasicConstraintsExtension(true, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
  ]);
  const sent = issuer === name ? "" : `${pem}\n${chain}`;
  return {
    pem,
    issue: async (wish = {}) => {
      const leaf = await crypto.subtle.generateKey(EC, true, ["sign", "verify"]);
      const commonName = wish.commonName ?? "localhost";
      const cert = await sign(
        commonName,
        name,
        leaf.publicKey,
        keys.privateKey,
        wish,
        extensions(wish),
      );
      return { cert: `${cert}\n${sent}`, key: await pemOf(leaf.privateKey) };
    },
    intermediate: async (below) =>
      await madeBy(
        below,
        await crypto.subtle.generateKey(EC, true, ["sign", "verify"]),
        keys,
        name,
        sent,
      ),
  };
}

function extensions(wish: Wish): x509.Extension[] {
  const names = wish.names ?? [{ type: "dns", value: "localhost" }];
  return [
    ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
    ...(wish.usage ? [new x509.ExtendedKeyUsageExtension(wish.usage)] : []),
  ];
}

async function sign(
  subject: string,
  issuer: string,
  publicKey: CryptoKey,
  signingKey: CryptoKey,
  wish: Wish,
  added: x509.Extension[],
): Promise<string> {
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: (serial++).toString(16).padStart(4, "0"),
    subject: `CN=${subject}`,
    issuer: `CN=${issuer}`,
    notBefore: wish.notBefore ?? new Date(Date.now() - HOUR),
    notAfter: wish.notAfter ?? new Date(Date.now() + 24 * HOUR),
    publicKey,
    signingKey,
    signingAlgorithm: SIGNING,
    extensions: added,
  });
  return certificate.toString("pem");
}

async function pemOf(key: CryptoKey): Promise<string> {
  const der = new Uint8Array(await crypto.subtle.exportKey("pkcs8", key));
  return x509.PemConverter.encode(der, "PRIVATE KEY");
}
