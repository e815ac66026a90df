// SPDX-License-Identifier: MIT

import type { Table } from "../../../services/config/toml.ts";
import { UsageError } from "../errors.ts";
import { decodeKey, encodeKey } from "../super_config/base64_key.ts";
import { parseConnectionString } from "../super_config/connection_string.ts";
import { table } from "../super_config/documents.ts";
import { canonicalKeyUri, fileUriOf, pathOfFileUri } from "../super_config/key_uri.ts";
import { absoluteUrl } from "../super_config/values.ts";
import { flagName, type InitOptions, ISSUERS, type Kind } from "./options.ts";

/** The secrets that the answers need, read. */
export interface Secrets {
  connectionString: string | undefined;
  /** In base64. */
  symmetricKey: string | undefined;
  estPassword: string | undefined;
}

const PUBLIC_DPS = "https://global.azure-devices-provisioning.net/";

/**
 * The super-config that the answers mean. Pure. Throws {@link UsageError} naming the flag and the
 * rule when a value is not valid.
 */
export function buildSuperConfig(kind: Kind, options: InitOptions, secrets: Secrets): Table {
  const { pkcs11Lib, pkcs11BaseSlot } = options;
  return table({
    hostname: options.hostname,
    parent_hostname: options.parentHostname,
    provisioning: provisioning(kind, options, secrets),
    aziot_keys: pkcs11Lib === undefined || pkcs11BaseSlot === undefined ? undefined : table({
      pkcs11_lib_path: checked("pkcs11Lib", pkcs11Lib, absolutePath),
      // It is used as the administrator wrote it; reading it finds mistakes.
      pkcs11_base_slot: checked("pkcs11BaseSlot", pkcs11BaseSlot, tokenUri),
    }),
    cert_issuance: certIssuance(options, secrets),
  });
}

function provisioning(kind: Kind, options: InitOptions, secrets: Secrets): Table {
  const { iothubHostname: iothub_hostname, deviceId: device_id } = options;
  switch (kind) {
    case "none":
      return table({ source: "none" });
    case "manual-connection-string": {
      const text = secrets.connectionString ?? "";
      return table({
        source: "manual",
        connection_string: checked("connectionString", text, (text) => {
          parseConnectionString(text);
          return text;
        }),
      });
    }
    case "manual-symmetric-key": {
      const authentication = table({ method: "sas", device_id_pk: symmetricKey(options, secrets) });
      return table({ source: "manual", iothub_hostname, device_id, authentication });
    }
    case "manual-x509": {
      const authentication = table({ method: "x509", ...identity(options) });
      return table({ source: "manual", iothub_hostname, device_id, authentication });
    }
    default:
      return table({
        source: "dps",
        global_endpoint: checked("dpsEndpoint", options.dpsEndpoint ?? PUBLIC_DPS, absoluteUrl),
        id_scope: options.idScope,
        payload: options.dpsPayload === undefined
          ? undefined
          : table({ uri: checked("dpsPayload", options.dpsPayload, certUri) }),
        attestation: attestation(kind, options, secrets),
      });
  }
}

function attestation(kind: Kind, options: InitOptions, secrets: Secrets): Table {
  const { registrationId: registration_id } = options;
  if (kind === "dps-tpm") return table({ method: "tpm", registration_id });
  if (kind === "dps-x509") return table({ method: "x509", registration_id, ...identity(options) });
  const symmetric_key = symmetricKey(options, secrets);
  return table({ method: "symmetric_key", registration_id, symmetric_key });
}

function symmetricKey({ symmetricKeyUri }: InitOptions, { symmetricKey }: Secrets): Table {
  if (symmetricKeyUri !== undefined) {
    return table({ uri: checked("symmetricKeyUri", symmetricKeyUri, keyUri) });
  }
  const value = checked("symmetricKeyFile", symmetricKey ?? "", (text) => {
    try {
      return encodeKey(decodeKey(text));
    } catch (error) {
      throw new Error(
        "not valid base64 (standard alphabet, padding complete or left out): " +
          (error instanceof Error ? error.message : error),
      );
    }
  });
  return table({ value });
}

function identity(options: InitOptions): Record<string, string | Table | undefined> {
  const source = options.identityCert ?? "";
  if (!ISSUERS.some((issuer) => issuer === source)) {
    return {
      identity_cert: checked("identityCert", source, certUri),
      identity_pk: checked("identityKey", options.identityKey ?? "", keyUri),
    };
  }
  const subject = options.identitySubject;
  return {
    identity_cert: table({
      method: source,
      // Without a subject the registration id would not reach the certificate.
      common_name: subject === undefined
        ? options.identityCommonName ?? options.registrationId ?? options.deviceId
        : undefined,
      subject: subject && table(Object.fromEntries(subject.map(subjectPart))),
      expiry_days: expiryDays(options.identityExpiryDays),
      auto_renew: options.identityAutoRenew
        ? table({ rotate_key: true, threshold: "80%", retry: "4%" })
        : undefined,
    }),
  };
}

function subjectPart(text: string): [string, string] {
  const equals = text.indexOf("=");
  if (equals > 0 && equals < text.length - 1) {
    return [text.slice(0, equals), text.slice(equals + 1)];
  }
  throw new UsageError(`invalid ${flagName("identitySubject")}: expected K=V, such as O=Example`);
}

function expiryDays(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const days = /^[0-9]+$/.test(text) ? Number(text) : 0;
  if (days > 0 && days <= 0xffff_ffff) return days;
  throw new UsageError(
    `invalid ${flagName("identityExpiryDays")}: expected a number of days greater than 0`,
  );
}

function certIssuance(options: InitOptions, { estPassword }: Secrets): Table | undefined {
  if (options.identityCert === "local_ca") {
    const local_ca = table({
      cert: checked("localCaCert", options.localCaCert ?? "", certUri),
      pk: checked("localCaKey", options.localCaKey ?? "", keyUri),
    });
    return table({ local_ca });
  }
  if (options.identityCert !== "est") return undefined;

  const part = (
    key: keyof InitOptions & `est${string}`,
    convert: (text: string) => string,
  ): string | undefined => {
    const value = options[key];
    return typeof value === "string" ? checked(key, value, convert) : undefined;
  };
  const auth = table({
    username: options.estUsername,
    password: options.estUsername === undefined ? undefined : estPassword,
    identity_cert: part("estIdentityCert", certUri),
    identity_pk: part("estIdentityKey", keyUri),
    bootstrap_identity_cert: part("estBootstrapCert", certUri),
    bootstrap_identity_pk: part("estBootstrapKey", keyUri),
  });
  const trusted = options.estTrustedCert?.map((text) => checked("estTrustedCert", text, certUri));
  const urls = { default: part("estUrl", estUrl), "device-id": part("estIdentityUrl", estUrl) };
  return table({
    est: table({
      trusted_certs: trusted,
      auth: Object.keys(auth).length > 0 ? auth : undefined,
      urls: table(urls),
    }),
  });
}

/** The base URL of an EST server, whatever part of it people have at hand. */
function estUrl(text: string): string {
  const url = absoluteUrl(text);
  if (!/^https?:/.test(url)) throw new Error("expected an http: or https: URL");
  const base = url.replace(/\/simpleenroll\/?$/, "");
  return base.includes("/.well-known/est") ? base : `${base.replace(/\/+$/, "")}/.well-known/est`;
}

function certUri(text: string): string {
  if (!text.startsWith("file:")) return fileUriOf(absolutePath(text));
  pathOfFileUri(text);
  return absoluteUrl(text);
}

function keyUri(text: string): string {
  if (/^(file|pkcs11):/.test(text)) return canonicalKeyUri(text);
  return fileUriOf(absolutePath(text));
}

function tokenUri(text: string): string {
  if (!text.startsWith("pkcs11:")) throw new Error("expected a pkcs11: URI");
  canonicalKeyUri(text);
  return text;
}

function absolutePath(text: string): string {
  if (text.startsWith("/")) return text;
  throw new Error("a path must be absolute");
}

/** `convert` applied to a flag's value; what it throws names the flag, not the value. */
function checked(
  key: keyof InitOptions,
  value: string,
  convert: (text: string) => string,
): string {
  try {
    return convert(value);
  } catch (error) {
    throw new UsageError(
      `invalid ${flagName(key)}: ${error instanceof Error ? error.message : error}`,
    );
  }
}
