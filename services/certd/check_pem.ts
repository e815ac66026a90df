// SPDX-License-Identifier: MIT

/** Whether PEM text holds what it is for. */

import { certificateBlocks } from "../x509/pem.ts";

/** Whether at least one certificate of a text can be read. */
export async function holdsCertificate(text: string): Promise<boolean> {
  const isCertificate = await certificateReader();
  return certificateBlocks(text).some(isCertificate);
}

/** Whether all certificates of a text can be read; none is fine. */
export async function isReadable(text: string): Promise<boolean> {
  const isCertificate = await certificateReader();
  return certificateBlocks(text).every(isCertificate);
}

/** Loaded when it is first needed: it costs 10 MB, and most services never import a certificate. */
async function certificateReader(): Promise<(block: Uint8Array | undefined) => boolean> {
  const { X509Certificate } = await import("node:crypto");
  return (block) => {
    if (block === undefined) return false;
    try {
      new X509Certificate(block);
      return true;
    } catch {
      // Which of the many ways it is broken in is of no use to anybody.
      return false;
    }
  };
}
