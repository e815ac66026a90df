// SPDX-License-Identifier: MIT

import { canonicalKeyUri } from "./key_uri.ts";
import type { Section } from "./section.ts";
import { decodeKey } from "./base64_key.ts";
import type { SymmetricKey } from "./model.ts";

/** An absolute URL in its normalised form, so `https://host` gains a slash. Throws otherwise. */
export function absoluteUrl(text: string): string {
  const url = URL.parse(text);
  if (url !== null) return url.href;
  if (text.startsWith("/")) {
    throw new Error(`relative URL without a base: use file://${encodeURI(text)}`);
  }
  throw new Error("not an absolute URL, such as https://host/path or file:///path");
}

/** Where a certificate is kept. Any scheme passes, as in the field; only `file:` works. */
export function certUrl(section: Section, key: string): string {
  const url = section.requireParsed(key, absoluteUrl);
  warnUnlessFile(section, key, url);
  return url;
}

/** Warns about a certificate URL that the Certificates Service will not read. */
export function warnUnlessFile(section: Section, key: string, url: string): void {
  if (url.startsWith("file:")) return;
  section.warn(key, "the Certificates Service reads only file: URLs, such as file:///path/to/cert");
}

/** Where a private or symmetric key is kept. */
export function keyUri(section: Section, key: string): string {
  return section.requireParsed(key, canonicalKeyUri);
}

/** `{ value = "<base64>" }` or `{ uri = "<key URI>" }`; a good value goes before a URI. */
export function symmetricKey(section: Section): SymmetricKey {
  if (section.has("value")) {
    const value = decoded(section);
    if (value !== undefined) {
      if (section.has("uri")) section.warn("uri", "ignored, since `value` is given too");
      return { bytes: value };
    }
    section.warn("value", "not a base64 key, so `uri` is used instead");
  }
  if (section.has("uri")) return { uri: keyUri(section, "uri") };
  return section.missing("value", ": give the key as `value` in base64, or its place as `uri`");
}

/** The inline key; `undefined` when it is broken but a URI stands beside it. */
function decoded(section: Section): Uint8Array | undefined {
  try {
    return section.parsed("value", (text) => {
      try {
        return decodeKey(text);
      } catch (error) {
        throw new Error(
          `could not be decoded from base64: ${error instanceof Error ? error.message : error}`,
        );
      }
    });
  } catch (error) {
    if (section.has("uri")) return undefined;
    throw error;
  }
}
