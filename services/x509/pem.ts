// SPDX-License-Identifier: MIT

/** PEM text (RFC 7468): certificates as programs in the field write them, and what is made here. */

const MARKER = /-----(BEGIN|END) ([^\r\n-]*)-----/g;
const LABELS = ["CERTIFICATE", "X509 CERTIFICATE"];

/**
 * The certificate blocks of a text in their order: the bytes of each (DER, not looked at), or
 * `undefined` for one that is cut short or not base64. Blocks with other labels, such as private
 * keys, and text between blocks are skipped.
 */
export function certificateBlocks(text: string): (Uint8Array | undefined)[] {
  const blocks: (Uint8Array | undefined)[] = [];
  let open: { label: string; from: number } | undefined;
  const close = (bytes?: Uint8Array) => {
    if (open !== undefined && LABELS.includes(open.label)) blocks.push(bytes);
    open = undefined;
  };
  for (const { 0: marker, 1: kind, 2: label = "", index } of text.matchAll(MARKER)) {
    if (kind === "BEGIN") {
      close();
      open = { label, from: index + marker.length };
    } else if (open?.label === label) {
      close(LABELS.includes(label) ? decode(text.slice(open.from, index)) : undefined);
    }
  }
  close();
  return blocks;
}

function decode(base64: string): Uint8Array | undefined {
  try {
    const bytes = Uint8Array.fromBase64(base64, { lastChunkHandling: "strict" });
    return bytes.length === 0 ? undefined : bytes;
  } catch {
    // Not base64: what that means is the caller's to decide.
    return undefined;
  }
}

/** Bytes as a PEM block in lines of 64 characters, as OpenSSL writes it. */
export function pemText(label: string, bytes: Uint8Array): string {
  const lines = bytes.toBase64().match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
