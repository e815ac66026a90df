// SPDX-License-Identifier: MIT

/**
 * Decodes RFC 4648 base64 as the API takes it: standard alphabet, padding required, no white space,
 * unused trailing bits zero. Anything else answers `undefined`.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  let bytes: Uint8Array;
  try {
    bytes = Uint8Array.fromBase64(text, { lastChunkHandling: "strict" });
  } catch {
    return undefined;
  }
  // The platform skips white space; then the text is longer than its bytes need.
  return text.length === Math.ceil(bytes.length / 3) * 4 ? bytes : undefined;
}
