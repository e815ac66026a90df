// SPDX-License-Identifier: MIT

import type { Table } from "../../../services/config/toml.ts";
import { UsageError } from "../errors.ts";
import { table } from "../super_config/documents.ts";
import { flagName, type InitOptions, ISSUERS, type Kind } from "./options.ts";
import { converted } from "./values.ts";

/** The secrets that the answers need, read. */
export interface Secrets {
  connectionString: string | undefined;
  /** In base64. */
  symmetricKey: string | undefined;
  estPassword: string | undefined;
}

/** The provisioning service for everybody. */
export const PUBLIC_DPS = "https://global.azure-devices-provisioning.net/";

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
      pkcs11_lib_path: converted("pkcs11Lib", pkcs11Lib),
      // It is used as the administrator wrote it; reading it finds mistakes.
      pkcs11_base_slot: converted("pkcs11BaseSlot", pkcs11BaseSlot),
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
      return table({ source: "manual", connection_string: converted("connectionString", text) });
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
        global_endpoint: converted("dpsEndpoint", options.dpsEndpoint ?? PUBLIC_DPS),
        id_scope: options.idScope,
        payload: options.dpsPayload === undefined
          ? undefined
          : table({ uri: converted("dpsPayload", options.dpsPayload) }),
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
    return table({ uri: converted("symmetricKeyUri", symmetricKeyUri) });
  }
  const value = converted("symmetricKeyFile", symmetricKey ?? "");
  return table({ value });
}

function identity(options: InitOptions): Record<string, string | Table | undefined> {
  const source = options.identityCert ?? "";
  if (!ISSUERS.some((issuer) => issuer === source)) {
    return {
      identity_cert: converted("identityCert", source),
      identity_pk: converted("identityKey", options.identityKey ?? ""),
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
      cert: converted("localCaCert", options.localCaCert ?? ""),
      pk: converted("localCaKey", options.localCaKey ?? ""),
    });
    return table({ local_ca });
  }
  if (options.identityCert !== "est") return undefined;

  const part = (key: keyof InitOptions & `est${string}`): string | undefined => {
    const value = options[key];
    return typeof value === "string" ? converted(key, value) : undefined;
  };
  const auth = table({
    username: options.estUsername,
    password: options.estUsername === undefined ? undefined : estPassword,
    identity_cert: part("estIdentityCert"),
    identity_pk: part("estIdentityKey"),
    bootstrap_identity_cert: part("estBootstrapCert"),
    bootstrap_identity_pk: part("estBootstrapKey"),
  });
  const trusted = options.estTrustedCert?.map((text) => converted("estTrustedCert", text));
  const urls = { default: part("estUrl"), "device-id": part("estIdentityUrl") };
  return table({
    est: table({
      trusted_certs: trusted,
      auth: Object.keys(auth).length > 0 ? auth : undefined,
      urls: table(urls),
    }),
  });
}
