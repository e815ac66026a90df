// SPDX-License-Identifier: MIT

const ALPHABET = /[A-Za-z0-9+/]/;

/**
 * The bytes of a symmetric key in standard base64. Padding is complete or left out, nothing else
 * is forgiven: a key that two programs read differently is worse than an error. Throws an error
 * that names the offending symbol and its byte offset, never more of the text.
 */
export function decodeKey(text: string): Uint8Array {
  if (text === "") throw new Error("the key is empty");
  refuseForeignSymbols(text);
  const padded = text.includes("=") ? text : text.padEnd(Math.ceil(text.length / 4) * 4, "=");
  try {
    return Uint8Array.fromBase64(padded, { lastChunkHandling: "strict" });
  } catch {
    throw new Error(reason(text));
  }
}

/** The form in which a key is written back. */
export function encodeKey(bytes: Uint8Array): string {
  return bytes.toBase64();
}

function refuseForeignSymbols(text: string): void {
  const symbols = new TextEncoder().encode(text.replace(/=+$/, ""));
  const offset = symbols.findIndex((symbol) => !ALPHABET.test(String.fromCharCode(symbol)));
  if (offset >= 0) throw new Error(`Invalid symbol ${symbols[offset]}, offset ${offset}.`);
}

function reason(text: string): string {
  const symbols = text.replace(/=+$/, "");
  if (symbols.length % 4 === 1) return `Invalid input length: ${text.length}`;
  if (text !== symbols && text.length % 4 !== 0) return "Invalid padding";
  if (text.length - symbols.length > 2 || symbols.length === 0) return "Invalid padding";
  const last = symbols.length - 1;
  return `Invalid last symbol ${symbols.charCodeAt(last)}, offset ${last}.`;
}
