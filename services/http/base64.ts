// SPDX-License-Identifier: MIT

/** Base64 as the services' JSON carries it: RFC 4648, section 4, with nothing forgiven. */

// What the platform's decoder skips and this format does not allow.
const WHITE_SPACE = /[\t\n\f\r ]/;

/**
 * The bytes of `text`, or `undefined` when it is not exactly what {@link encodeBase64} writes:
 * standard alphabet, padding in place, no white space, unused trailing bits zero.
 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (WHITE_SPACE.test(text)) return undefined;
  try {
    return Uint8Array.fromBase64(text, { lastChunkHandling: "strict" });
  } catch {
    return undefined;
  }
}

/** Standard alphabet with padding, on one line. */
export function encodeBase64(bytes: Uint8Array): string {
  return bytes.toBase64();
}
