// SPDX-License-Identifier: MIT

import { certificatesClient } from "../../../services/certd/client.ts";
import { type Certificate, parseCertificates } from "../certificate_file.ts";
import { look, type Looked } from "./look.ts";

/** Reading a file takes a service no time; what takes longer is stuck. */
const TIMEOUT_MS = 5000;

/** Fetches the certificates of ids from certd, one after the other. */
export async function readCertificates(
  ids: readonly string[],
  socket: string,
): Promise<Map<string, Looked<Certificate[]>>> {
  const found = new Map<string, Looked<Certificate[]>>();
  using client = certificatesClient({ socket, timeoutMs: TIMEOUT_MS });
  for (const id of ids) {
    const looked = await look(async () => {
      const certificates = await parseCertificates(await client.getCertificate(id));
      if (certificates.length === 0) throw new Error("cert is empty");
      return certificates;
    });
    found.set(id, looked);
  }
  return found;
}
