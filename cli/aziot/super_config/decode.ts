// SPDX-License-Identifier: MIT

import type { Table } from "../../../services/config/toml.ts";
import { unknownKeyMessage, unknownKeys } from "../../../services/config/unknown_keys.ts";
import { autoRenew, certAndKey, estAuth, estUrl } from "./decode_issuance.ts";
import { provisioning } from "./decode_provisioning.ts";
import { tpm } from "./decode_tpm.ts";
import { KNOWN_KEYS } from "./known_keys.ts";
import {
  DEFAULT_AUTO_RENEW,
  DEFAULT_CLOUD_RETRIES,
  DEFAULT_CLOUD_TIMEOUT_SEC,
  DEFAULT_MAX_REQUESTS,
  type Est,
  type MaxRequests,
  type SuperConfig,
} from "./model.ts";
import { Section, Source } from "./section.ts";
import { absoluteUrl, keyUri, warnUnlessFile } from "./values.ts";

/** A super-config with what its user should know about it. */
export interface Decoded {
  config: SuperConfig;
  /** One sentence each, with place and key. */
  warnings: string[];
}

/**
 * Checks a parsed super-config. `text` is what it was parsed from, for the places of errors and
 * warnings. Throws {@link SuperConfigError}.
 */
export function decodeSuperConfig(document: Table, text: string): Decoded {
  const source = new Source(text);
  const root = new Section(document, [], source);
  const issuance = root.section("cert_issuance");
  const estSection = issuance?.section("est");
  const localCaSection = issuance?.section("local_ca");

  const config: SuperConfig = {
    hostname: root.text("hostname"),
    parentHostname: parentHostname(root),
    cloudTimeoutSec: cloudTimeoutSec(root),
    cloudRetries: root.integer("cloud_retries", "u32") ?? DEFAULT_CLOUD_RETRIES,
    preferModuleIdentityCache: root.flag("prefer_module_identity_cache") ?? false,
    maxRequests: maxRequests(root.section("aziot_max_requests")),
    provisioning: provisioning(root.requireSection("provisioning")),
    localidDomain: root.section("localid")?.requireText("domain"),
    aziotKeys: root.entries("aziot_keys", (section, name) => section.requireText(name)),
    preloadedKeys: root.entries("preloaded_keys", keyUri),
    preloadedCerts: root.entries("preloaded_certs", preloadedCert),
    est: estSection && est(estSection),
    localCa: localCaSection && certAndKey(localCaSection, "cert", "pk"),
    tpm: tpm(root.section("tpm")),
  };

  for (const unknown of unknownKeys(document, KNOWN_KEYS)) {
    source.warnings.push(`${source.place(unknown.path)}${unknownKeyMessage(unknown)}`);
  }
  return { config, warnings: source.warnings };
}

function parentHostname(root: Section): string | undefined {
  const [name, alias] = ["parent_hostname", "local_gateway_hostname"] as const;
  if (root.has(name) && root.has(alias)) {
    root.fail(alias, `duplicate field \`${name}\`: \`${alias}\` is another name of it, give one`);
  }
  return root.text(name) ?? root.text(alias);
}

function cloudTimeoutSec(root: Section): number {
  const seconds = root.integer("cloud_timeout_sec", "u64") ?? DEFAULT_CLOUD_TIMEOUT_SEC;
  if (seconds >= DEFAULT_CLOUD_TIMEOUT_SEC) return seconds;
  return root.fail("cloud_timeout_sec", "cloud_timeout_sec must be at least 70 seconds");
}

function maxRequests(section: Section | undefined): MaxRequests {
  const of = (service: keyof MaxRequests): number =>
    section === undefined
      ? DEFAULT_MAX_REQUESTS
      : section.integer(service, "usize") ?? section.missing(service, ": give all four services");
  return {
    keyd: of("keyd"),
    certd: of("certd"),
    identityd: of("identityd"),
    tpmd: of("tpmd"),
  };
}

function preloadedCert(section: Section, name: string): string | string[] {
  const value = section.table[name];
  if (typeof value !== "string" && !Array.isArray(value)) {
    section.fail(name, "expected the URL of a file, or a list of certificate ids");
  }
  if (Array.isArray(value)) return section.texts(name) ?? [];
  const url = section.requireParsed(name, absoluteUrl);
  warnUnlessFile(section, name, url);
  return url;
}

function est(section: Section): Est {
  const renewal = section.section("identity_auto_renew");
  const auth = section.section("auth");
  return {
    trustedCerts: (section.texts("trusted_certs") ?? []).map((text) => {
      try {
        const url = absoluteUrl(text);
        warnUnlessFile(section, "trusted_certs", url);
        return url;
      } catch (error) {
        return section.fail("trusted_certs", error instanceof Error ? error.message : `${error}`);
      }
    }),
    auth: auth ? estAuth(auth) : { basic: undefined, x509: undefined },
    identityAutoRenew: renewal ? autoRenew(renewal) : DEFAULT_AUTO_RENEW,
    urls: section.entries("urls", (urls, id) => estUrl(urls, id) ?? urls.missing(id)),
  };
}
