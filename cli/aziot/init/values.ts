// SPDX-License-Identifier: MIT

import { UsageError } from "../errors.ts";
import { decodeKey, encodeKey } from "../super_config/base64_key.ts";
import { parseConnectionString } from "../super_config/connection_string.ts";
import { canonicalKeyUri, fileUriOf, pathOfFileUri } from "../super_config/key_uri.ts";
import { absoluteUrl } from "../super_config/values.ts";
import { flagName, type InitOptions } from "./options.ts";

/**
 * What an answer becomes in the super-config. Throws the rule that it breaks, without the answer:
 * it may be a secret.
 */
export type Convert = (text: string) => string;

/** Answers that have a form; the others are taken as they are. */
const CONVERT: { readonly [K in keyof InitOptions]?: Convert } = {
  connectionString,
  symmetricKeyFile: symmetricKey,
  symmetricKeyUri: keyUri,
  dpsEndpoint: absoluteUrl,
  dpsPayload: certUri,
  pkcs11Lib: absolutePath,
  pkcs11BaseSlot: tokenUri,
  identityCert: certUri,
  identityKey: keyUri,
  localCaCert: certUri,
  localCaKey: keyUri,
  estUrl,
  estIdentityUrl: estUrl,
  estTrustedCert: certUri,
  estIdentityCert: certUri,
  estIdentityKey: keyUri,
  estBootstrapCert: certUri,
  estBootstrapKey: keyUri,
};

/** The answer to a question as the super-config has it. Throws {@link UsageError} with its flag. */
export function converted(key: keyof InitOptions, text: string): string {
  try {
    return convertAnswer(key, text);
  } catch (error) {
    throw new UsageError(
      `invalid ${flagName(key)}: ${error instanceof Error ? error.message : error}`,
    );
  }
}

/** The same; throws the rule alone. */
export function convertAnswer(key: keyof InitOptions, text: string): string {
  return CONVERT[key]?.(text) ?? text;
}

function connectionString(text: string): string {
  parseConnectionString(text);
  return text;
}

function symmetricKey(text: string): string {
  try {
    return encodeKey(decodeKey(text));
  } catch (error) {
    throw new Error(
      "not valid base64 (standard alphabet, padding complete or left out): " +
        (error instanceof Error ? error.message : error),
    );
  }
}

/** The base URL of an EST server, whatever part of it people have at hand. */
function estUrl(text: string): string {
  const url = absoluteUrl(text);
  if (!/^https?:/.test(url)) throw new Error("expected an http: or https: URL");
  const base = url.replace(/\/simpleenroll\/?$/, "");
  return base.includes("/.well-known/est") ? base : `${base.replace(/\/+$/, "")}/.well-known/est`;
}

function certUri(text: string): string {
  if (!text.startsWith("file:")) return fileUriOf(absolutePath(text));
  pathOfFileUri(text);
  return absoluteUrl(text);
}

function keyUri(text: string): string {
  if (/^(file|pkcs11):/.test(text)) return canonicalKeyUri(text);
  return fileUriOf(absolutePath(text));
}

function tokenUri(text: string): string {
  if (!text.startsWith("pkcs11:")) throw new Error("expected a pkcs11: URI");
  canonicalKeyUri(text);
  return text;
}

function absolutePath(text: string): string {
  if (text.startsWith("/")) return text;
  throw new Error("a path must be absolute");
}
