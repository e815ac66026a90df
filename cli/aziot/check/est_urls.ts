// SPDX-License-Identifier: MIT

import type { Config as CertdConfig } from "../../../services/certd/config.ts";

/** The URLs of all EST servers that the configuration names. */
export function estUrls({ cert_issuance: { est, certs } }: CertdConfig): URL[] {
  const own = [...certs.values()].filter(({ method }) => method === "est").map(({ url }) => url);
  const urls = [...est.urls.values(), ...own].filter((url) => url !== undefined);
  return [...new Set(urls)].map((url) => new URL(url));
}
