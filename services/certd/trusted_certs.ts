// SPDX-License-Identifier: MIT

import { errorChain } from "../http/errors.ts";
import type { Answer } from "./certificate_files.ts";
import { isReadable } from "./check_pem.ts";

/**
 * Which of the certificates that EST servers are verified with cannot be used, and why, one text
 * each: the service serves without them.
 */
export async function unreadableTrustedCerts(
  ids: readonly string[],
  store: { read(id: string): Answer<string | undefined> },
): Promise<string[]> {
  const problems: string[] = [];
  for (const id of ids) {
    const problem = await problemOf(id, store);
    if (problem === undefined) continue;
    problems.push(`cert_issuance.est.trusted_certs contains unreadable cert "${id}": ${problem}`);
  }
  return problems;
}

async function problemOf(
  id: string,
  store: { read(id: string): Answer<string | undefined> },
): Promise<string | undefined> {
  try {
    const pem = await store.read(id);
    if (pem === undefined) return "not found";
    return await isReadable(pem) ? undefined : "a certificate in it does not decode";
  } catch (error) {
    return errorChain(error).join(": ");
  }
}
