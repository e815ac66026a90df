// SPDX-License-Identifier: MIT

import type { PlaceOptions } from "../place.ts";

/** The ways to provision a device that `init` knows. */
export const KINDS = [
  "manual-connection-string",
  "manual-symmetric-key",
  "manual-x509",
  "dps-symmetric-key",
  "dps-x509",
  "dps-tpm",
  "none",
] as const;

export type Kind = typeof KINDS[number];

/** The sources of a certificate that is not on the device yet. */
export const ISSUERS = ["est", "local_ca", "self_signed"] as const;

/** What the flags of `init` say, by their names in camel case. */
export interface InitOptions extends PlaceOptions {
  provisioning?: string;
  connectionString?: string;
  connectionStringFile?: string;
  iothubHostname?: string;
  deviceId?: string;
  symmetricKeyFile?: string;
  symmetricKeyUri?: string;
  dpsEndpoint?: string;
  idScope?: string;
  registrationId?: string;
  dpsPayload?: string;
  hostname?: string;
  parentHostname?: string;
  pkcs11Lib?: string;
  pkcs11BaseSlot?: string;
  identityCert?: string;
  identityKey?: string;
  identityCommonName?: string;
  identitySubject?: string[];
  identityExpiryDays?: string;
  identityAutoRenew?: boolean;
  localCaCert?: string;
  localCaKey?: string;
  estUrl?: string;
  estIdentityUrl?: string;
  estTrustedCert?: string[];
  estUsername?: string;
  estPasswordFile?: string;
  estIdentityCert?: string;
  estIdentityKey?: string;
  estBootstrapCert?: string;
  estBootstrapKey?: string;
  out?: string;
  force?: boolean;
  nonInteractive?: boolean;
  /** False: write the super-config only. */
  apply?: boolean;
  dryRun?: boolean;
  yes?: boolean;
  /** False: leave the services as they are. */
  restart?: boolean;
  output?: string;
}

/** A flag that answers a question about the device. */
export interface Flag {
  key: keyof InitOptions;
  /** As the command line has it, such as `--device-id <ID>`; `...` marks a repeatable one. */
  flag: string;
  help: string;
  /** Words that the value may be, offered by shells. */
  choices?: readonly string[];
  /** The kinds it goes with; absent: all. */
  kinds?: readonly Kind[];
}

const X509 = ["manual-x509", "dps-x509"] as const;
const MANUAL_PARTS = ["manual-symmetric-key", "manual-x509"] as const;
const KEY = ["manual-symmetric-key", "dps-symmetric-key"] as const;
const DPS = ["dps-symmetric-key", "dps-x509", "dps-tpm"] as const;
const CONNECTION_STRING = ["manual-connection-string"] as const;

/** All answers, in the order in which help shows them. */
export const FLAGS: readonly Flag[] = [
  {
    key: "provisioning",
    flag: "--provisioning <KIND>",
    help: `one of ${KINDS.join(", ")}`,
    choices: KINDS,
  },
  {
    key: "connectionString",
    flag: "--connection-string <CS>",
    help: "the device's connection string (visible in the process list)",
    kinds: CONNECTION_STRING,
  },
  {
    key: "connectionStringFile",
    flag: "--connection-string-file <FILE>",
    help: "a file that holds the connection string, - for standard input",
    kinds: CONNECTION_STRING,
  },
  {
    key: "iothubHostname",
    flag: "--iothub-hostname <HOST>",
    help: "host name of the IoT Hub",
    kinds: MANUAL_PARTS,
  },
  { key: "deviceId", flag: "--device-id <ID>", help: "the device's id", kinds: MANUAL_PARTS },
  {
    key: "symmetricKeyFile",
    flag: "--symmetric-key-file <FILE>",
    help: "a file that holds the key in base64, - for standard input",
    kinds: KEY,
  },
  {
    key: "symmetricKeyUri",
    flag: "--symmetric-key-uri <URI>",
    help: "file: or pkcs11: URI of the key",
    kinds: KEY,
  },
  {
    key: "dpsEndpoint",
    flag: "--dps-endpoint <URL>",
    help: "the provisioning service (default: the public one)",
    kinds: DPS,
  },
  { key: "idScope", flag: "--id-scope <SCOPE>", help: "id scope of the service", kinds: DPS },
  { key: "registrationId", flag: "--registration-id <ID>", help: "registration id", kinds: DPS },
  {
    key: "dpsPayload",
    flag: "--dps-payload <FILE>",
    help: "JSON file that is sent with the registration",
    kinds: DPS,
  },
  { key: "hostname", flag: "--hostname <NAME>", help: "host name (default: the machine's)" },
  {
    key: "parentHostname",
    flag: "--parent-hostname <NAME>",
    help: "the gateway that this device goes through",
    kinds: [...CONNECTION_STRING, ...MANUAL_PARTS, "none"],
  },
  { key: "pkcs11Lib", flag: "--pkcs11-lib <PATH>", help: "PKCS#11 library of the token" },
  { key: "pkcs11BaseSlot", flag: "--pkcs11-base-slot <URI>", help: "slot for new keys" },
  {
    key: "identityCert",
    flag: "--identity-cert <SOURCE>",
    help: `the device's certificate: a file, or ${ISSUERS.join(", ")}`,
    choices: ISSUERS,
    kinds: X509,
  },
  {
    key: "identityKey",
    flag: "--identity-key <KEY>",
    help: "its private key: a file, or a file: or pkcs11: URI",
    kinds: X509,
  },
  {
    key: "identityCommonName",
    flag: "--identity-common-name <CN>",
    help: "common name of an issued certificate (default: registration id, else device id)",
    kinds: X509,
  },
  {
    key: "identitySubject",
    flag: "--identity-subject <K=V>...",
    help: "part of the subject of an issued certificate, instead of the common name",
    kinds: X509,
  },
  {
    key: "identityExpiryDays",
    flag: "--identity-expiry-days <N>",
    help: "lifetime of an issued certificate",
    kinds: X509,
  },
  {
    key: "identityAutoRenew",
    flag: "--identity-auto-renew",
    help: "renew an issued certificate (needs a group enrollment by CA)",
    kinds: ["dps-x509"],
  },
  {
    key: "localCaCert",
    flag: "--local-ca-cert <CERT>",
    help: "certificate of the local CA",
    kinds: X509,
  },
  { key: "localCaKey", flag: "--local-ca-key <KEY>", help: "key of the local CA", kinds: X509 },
  { key: "estUrl", flag: "--est-url <URL>", help: "the EST server", kinds: X509 },
  {
    key: "estIdentityUrl",
    flag: "--est-identity-url <URL>",
    help: "another URL for the device's certificate",
    kinds: X509,
  },
  {
    key: "estTrustedCert",
    flag: "--est-trusted-cert <CERT>...",
    help: "root for the EST server's TLS certificate",
    kinds: X509,
  },
  {
    key: "estUsername",
    flag: "--est-username <NAME>",
    help: "for HTTP authentication",
    kinds: X509,
  },
  {
    key: "estPasswordFile",
    flag: "--est-password-file <FILE>",
    help: "a file that holds the password, - for standard input",
    kinds: X509,
  },
  {
    key: "estIdentityCert",
    flag: "--est-identity-cert <CERT>",
    help: "client certificate for the EST server",
    kinds: X509,
  },
  { key: "estIdentityKey", flag: "--est-identity-key <KEY>", help: "its key", kinds: X509 },
  {
    key: "estBootstrapCert",
    flag: "--est-bootstrap-cert <CERT>",
    help: "certificate with which the client certificate is first obtained",
    kinds: X509,
  },
  { key: "estBootstrapKey", flag: "--est-bootstrap-key <KEY>", help: "its key", kinds: X509 },
];

/** The bare name of a flag, such as `--device-id`. */
export function flagName(key: keyof InitOptions): string {
  const flag = FLAGS.find((flag) => flag.key === key)?.flag ?? "";
  return flag.split(" ")[0] ?? "";
}
