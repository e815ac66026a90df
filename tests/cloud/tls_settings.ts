// SPDX-License-Identifier: MIT

/** What a listener does before it has read a request: certificate, versions, client certificates. */

import type { ServerOptions } from "node:https";
import { Authority, type Identity } from "./authority.ts";

/** A listener's TLS; what is absent is as it should be. */
export interface TlsSettings {
  /** Which certificate the server shows. `cn-only`: its name stands in no subjectAltName. */
  certificate?: "good" | "expired" | "not-yet-valid" | "wrong-name" | "cn-only" | "unknown-ca";
  minVersion?: "1.2" | "1.3";
  maxVersion?: "1.2" | "1.3";
  /** `hang`: connections are accepted and never answered; `close`: they are closed at once. */
  handshake?: "hang" | "close";
  /** Default `request`. `require` refuses, in the handshake, what `clientCa` has not issued. */
  clientCertificate?: "none" | "request" | "require";
  /** PEM; for `require`. */
  clientCa?: string;
}

const DAY = 24 * 3_600_000;

/** The certificate that the settings ask for, for a server called `host`. */
export async function serverIdentity(
  authority: Authority,
  host: string,
  { certificate = "good" }: TlsSettings,
): Promise<Identity> {
  const request = {
    commonName: host,
    use: "server" as const,
    names: [...new Set([host, "localhost", "127.0.0.1"])],
  };
  const inDays = (days: number) => new Date(Date.now() + days * DAY);
  switch (certificate) {
    case "good":
      return await authority.issue(request);
    case "expired":
      return await authority.issue({ ...request, notBefore: inDays(-2), notAfter: inDays(-1) });
    case "not-yet-valid":
      return await authority.issue({ ...request, notBefore: inDays(1), notAfter: inDays(2) });
    case "wrong-name":
      return await authority.issue({
        ...request,
        commonName: "wrong.example",
        names: ["wrong.example"],
      });
    case "cn-only":
      return await authority.issue({ ...request, names: [] });
    case "unknown-ca":
      return await (await Authority.create("Unknown root")).issue(request);
  }
}

/** The same for `node:https`. Throws a RangeError for settings that do not go together. */
export function serverOptions(settings: TlsSettings, identity: Identity): ServerOptions {
  const { minVersion, maxVersion, clientCertificate = "request", clientCa } = settings;
  if (minVersion === "1.3" && maxVersion === "1.2") {
    throw new RangeError("minVersion must not be above maxVersion");
  }
  if ((clientCertificate === "require") !== (clientCa !== undefined)) {
    throw new RangeError("clientCa and clientCertificate = require go together");
  }
  const options: ServerOptions = {
    cert: identity.cert,
    key: identity.key,
    requestCert: clientCertificate !== "none",
    rejectUnauthorized: clientCertificate === "require",
  };
  if (clientCa !== undefined) options.ca = clientCa;
  if (minVersion !== undefined) options.minVersion = `TLSv${minVersion}`;
  if (maxVersion !== undefined) options.maxVersion = `TLSv${maxVersion}`;
  return options;
}
