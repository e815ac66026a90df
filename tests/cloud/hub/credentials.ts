// SPDX-License-Identifier: MIT

/** What a device or a module proves itself with. */

import { X509Certificate } from "node:crypto";
import { decodeBase64, encodeBase64 } from "../base64.ts";
import { normalThumbprint } from "../client_certificate.ts";

/** The kinds that the hub knows, by the service's names. */
export type Credentials =
  | { type: "sas"; primaryKey: Uint8Array; secondaryKey: Uint8Array }
  | { type: "selfSigned"; thumbprints: string[] }
  | { type: "certificateAuthority"; anchors: X509Certificate[] }
  | { type: "none" };

/** How the owner of the hub sets credentials. */
export type AuthSettings =
  | { sas: { primaryKey?: string; secondaryKey?: string } }
  | { thumbprints: string[] }
  | { ca: string }
  | { none: Record<string, never> };

/**
 * Credentials as set; keys that are not given stay as they are, or are made when there were none.
 * Throws a RangeError for what makes no sense.
 */
export function credentialsFrom(settings: AuthSettings, current?: Credentials): Credentials {
  if ("thumbprints" in settings) return thumbprintsFrom(settings.thumbprints);
  if ("ca" in settings) return anchorsFrom(settings.ca);
  if ("none" in settings) return { type: "none" };
  const { primaryKey, secondaryKey } = settings.sas;
  const unchanged = primaryKey === undefined && secondaryKey === undefined;
  return unchanged && current?.type === "sas" ? current : keysFrom(primaryKey, secondaryKey);
}

/** Two fresh keys of 32 bytes. */
export function randomKeys(): Credentials {
  return {
    type: "sas",
    primaryKey: crypto.getRandomValues(new Uint8Array(32)),
    secondaryKey: crypto.getRandomValues(new Uint8Array(32)),
  };
}

/**
 * Keys from base64. Both absent: fresh ones. Throws a RangeError that names the member when only
 * one is given, or one is not base64 of 16 to 64 bytes.
 */
export function keysFrom(primary?: string | null, secondary?: string | null): Credentials {
  if (!primary && !secondary) return randomKeys();
  if (!primary || !secondary) {
    throw new RangeError("primaryKey and secondaryKey must be given together");
  }
  return {
    type: "sas",
    primaryKey: symmetricKey("primaryKey", primary),
    secondaryKey: symmetricKey("secondaryKey", secondary),
  };
}

function symmetricKey(name: string, text: string): Uint8Array {
  const key = decodeBase64(text);
  if (key === undefined || key.length < 16 || key.length > 64) {
    throw new RangeError(`${name} must be base64 of 16 to 64 bytes`);
  }
  return key;
}

/** One or two thumbprints in hex, of SHA-1 or SHA-256; colons and case do not matter. */
export function thumbprintsFrom(texts: string[]): Credentials {
  if (texts.length < 1 || texts.length > 2) {
    throw new RangeError("thumbprints must be one or two");
  }
  const thumbprints = texts.map((text) => {
    const thumbprint = normalThumbprint(text);
    if (thumbprint === undefined) {
      throw new RangeError("a thumbprint must be 40 or 64 hex digits, colons allowed");
    }
    return thumbprint;
  });
  return { type: "selfSigned", thumbprints };
}

function anchorsFrom(pem: string): Credentials {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new RangeError("ca must be a certificate in PEM");
  const anchors = blocks.map((block) => {
    try {
      return new X509Certificate(block);
    } catch (cause) {
      throw new RangeError("ca holds a certificate that cannot be read", { cause });
    }
  });
  return { type: "certificateAuthority", anchors };
}

/** As the registry's answers show credentials. */
export function authenticationRecord(credentials: Credentials): Record<string, unknown> {
  const keys = credentials.type === "sas"
    ? {
      primaryKey: encodeBase64(credentials.primaryKey),
      secondaryKey: encodeBase64(credentials.secondaryKey),
    }
    : { primaryKey: null, secondaryKey: null };
  const [primary, secondary] = credentials.type === "selfSigned" ? credentials.thumbprints : [];
  return {
    symmetricKey: keys,
    x509Thumbprint: {
      primaryThumbprint: primary ?? null,
      secondaryThumbprint: secondary ?? null,
    },
    type: credentials.type,
  };
}
