// SPDX-License-Identifier: MIT

import type { Config as CertdConfig } from "../../../services/certd/config.ts";
import type { Check } from "./check.ts";
import type { Context } from "./context.ts";
import { estUrls } from "./est_urls.ts";
import { IGNORED, type Remark, SKIPPED, together } from "./outcome.ts";
import { shakeHands } from "./tls_handshake.ts";

const TIMEOUT_MS = 10_000;

/** Whether all EST servers can be reached, and are trusted. */
export const EST_SERVER_REACHABLE: Check = {
  id: "est-server-reachable",
  description: "host can connect to and perform TLS handshake with all EST servers",
  run: async (context) => {
    const config = await context.certd();
    if (config === undefined) return SKIPPED;
    const urls = new Map(
      estUrls(config).filter(({ protocol }) => protocol === "https:").map((url) => [url.host, url]),
    );
    if (urls.size === 0) return IGNORED;
    const extraTrust = await trustedCerts(config, context);
    const proxy = await context.proxy();
    const remarks = await Promise.all([...urls.values()].map(async (url): Promise<Remark[]> => {
      const host = url.hostname.replace(/^\[|\]$/g, "");
      const port = url.port === "" ? 443 : Number(url.port);
      try {
        await shakeHands({ host, port, extraTrust, proxy, timeoutMs: TIMEOUT_MS });
        return [];
      } catch (cause) {
        const line = `Could not connect to EST server ${url.host}`;
        return [{ kind: "error", line, cause }];
      }
    }));
    return together(
      remarks.flat(),
      "Check the network on the way, and cert_issuance.est.trusted_certs for a server of a private CA.",
    );
  },
};

async function trustedCerts(config: CertdConfig, context: Context): Promise<string> {
  const texts = config.cert_issuance.est.trustedCerts.map(async (id) => {
    const place = config.preloaded_certs.get(id);
    if (place?.kind !== "file") return "";
    // Another check tells of files that cannot be read.
    return await Deno.readTextFile(context.machine.at(place.path)).catch(() => "");
  });
  return (await Promise.all(texts)).join("\n");
}
