// SPDX-License-Identifier: MIT

import { parseRenewalPolicy } from "../../../services/config/renewal_policy.ts";
import type {
  AutoRenew,
  EstAuth,
  EstIdentity,
  IssuanceOptions,
  Subject,
  X509Identity,
} from "./model.ts";
import type { Section } from "./section.ts";
import { absoluteUrl, certUrl, keyUri } from "./values.ts";

/**
 * A certificate that is either on the device (`certKey` a URL, `pkKey` a key URI beside it) or
 * issued (`certKey` a table of issuance options).
 */
export function certAndKey(section: Section, certKey: string, pkKey: string): X509Identity {
  const cert = section.table[certKey];
  if (typeof cert !== "string" && cert !== undefined) {
    const options = issuanceOptions(section.requireSection(certKey));
    if (section.has(pkKey)) {
      section.warn(
        pkKey,
        `ignored, since \`${certKey}\` is issued: the Keys Service makes the key`,
      );
    }
    return { kind: "issued", options };
  }
  const remedy = ": give a certificate as URL together with its key, or a table that says how the" +
    " certificate is issued";
  if (cert === undefined) return section.missing(certKey, remedy);
  if (!section.has(pkKey)) return section.missing(pkKey, remedy);
  return {
    kind: "preloaded",
    certUrl: certUrl(section, certKey),
    keyUri: keyUri(section, pkKey),
  };
}

/** How a certificate is issued. */
export function issuanceOptions(section: Section): IssuanceOptions {
  const method = section.requireChoice("method", ["est", "local_ca", "self_signed"]);
  const isEst = method === "est";
  if (!isEst) {
    for (const key of ["url", ...EST_AUTH_KEYS].filter((key) => section.has(key))) {
      section.warn(key, 'ignored, since it is only used with `method = "est"`');
    }
  }
  const autoRenewal = section.section("auto_renew");
  return {
    method,
    url: isEst ? estUrl(section, "url") : section.parsed("url", absoluteUrl) && undefined,
    auth: isEst ? estAuth(section) : { basic: undefined, x509: undefined },
    expiryDays: expiryDays(section),
    subject: subject(section),
    autoRenew: autoRenewal && autoRenew(autoRenewal),
  };
}

function expiryDays(section: Section): number | undefined {
  const days = section.integer("expiry_days", "u32");
  if (days === 0) return section.fail("expiry_days", "expiry_days must be greater than 0");
  return days;
}

/** When both forms are given the one that stands first counts, as in the field. */
function subject(section: Section): Subject | undefined {
  const commonName = section.text("common_name");
  const parts = section.has("subject")
    ? section.entries("subject", (table, name) => table.requireText(name))
    : undefined;
  if (commonName === undefined && parts === undefined) return undefined;

  const keys = Object.keys(section.table);
  const isName = commonName !== undefined &&
    (parts === undefined || keys.indexOf("common_name") < keys.indexOf("subject"));
  if (commonName !== undefined && parts !== undefined) {
    const [used, unused] = isName ? ["common_name", "subject"] : ["subject", "common_name"];
    section.warn(unused ?? "", `ignored, since \`${used}\` stands before it: give one of the two`);
  }
  return isName ? { kind: "name", commonName } : { kind: "parts", parts: parts ?? new Map() };
}

/** When a certificate is renewed; all three keys are needed. */
export function autoRenew(section: Section): AutoRenew {
  return {
    rotateKey: section.flag("rotate_key") ?? section.missing("rotate_key"),
    threshold: section.requireParsed("threshold", parseRenewalPolicy),
    retry: section.requireParsed("retry", parseRenewalPolicy),
  };
}

/** The URL of an EST server; plain HTTP is possible and warned about. */
export function estUrl(section: Section, key: string): string | undefined {
  const url = section.parsed(key, absoluteUrl);
  if (url?.startsWith("http:")) {
    section.warn(
      key,
      `EST server URL "${url}" is unencrypted HTTP, which leaves the device open to ` +
        "man-in-the-middle attacks: switch the server and this URL to HTTPS",
    );
  }
  return url;
}

const GROUPS = {
  basic: ["username", "password"],
  bootstrap: ["bootstrap_identity_cert", "bootstrap_identity_pk"],
  identity: ["identity_cert", "identity_pk"],
} as const;

const EST_AUTH_KEYS = Object.values(GROUPS).flat();

/** The authentication keys of a table, all optional, in pairs. */
export function estAuth(section: Section): EstAuth {
  for (const [first, second] of Object.values(GROUPS)) {
    if (section.has(first) === section.has(second)) continue;
    const [given, absent] = section.has(first) ? [first, second] : [second, first];
    section.missing(absent, `, which \`${given}\` needs beside it`);
  }

  const bootstrap = estIdentity(section, "bootstrap");
  const identity = estIdentity(section, "identity");
  if (bootstrap !== undefined && identity !== undefined) {
    for (const key of GROUPS.identity) {
      section.warn(key, "ignored, since the bootstrap certificate and key are given too");
    }
  }
  const username = section.text("username");
  const password = section.text("password");
  return {
    basic: username === undefined || password === undefined ? undefined : { username, password },
    x509: bootstrap ?? identity,
  };
}

function estIdentity(section: Section, kind: EstIdentity["kind"]): EstIdentity | undefined {
  const [cert, pk] = GROUPS[kind];
  if (!section.has(cert)) return undefined;
  return { kind, certUrl: certUrl(section, cert), keyUri: keyUri(section, pk) };
}
