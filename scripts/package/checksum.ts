// SPDX-License-Identifier: MIT

/** The digest of `bytes` in lower-case hexadecimal. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return hex(await crypto.subtle.digest("SHA-256", bytes));
}

/** The digest of a file in lower-case hexadecimal. */
export async function sha256OfFile(path: string): Promise<string> {
  return await sha256(await Deno.readFile(path));
}

/** The digest as npm writes it: `sha512-` and base64. */
export async function npmIntegrity(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-512", bytes));
  return `sha512-${digest.toBase64()}`;
}

function hex(digest: ArrayBuffer): string {
  return new Uint8Array(digest).toHex();
}
