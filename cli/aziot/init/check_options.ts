// SPDX-License-Identifier: MIT

import { UsageError } from "../errors.ts";
import { flagName, FLAGS, type InitOptions, ISSUERS, type Kind, KINDS } from "./options.ts";

/** Secrets that may come from the environment instead of a flag. */
export interface EnvironmentSecrets {
  connectionString: string | undefined;
  symmetricKey: string | undefined;
  estPassword: string | undefined;
}

/** Answers are missing; all of them are named. */
export class MissingAnswers extends UsageError {}

/** Checks that the answers go together and that none is missing; answers the kind they mean. */
export function checkOptions(options: InitOptions, secrets: EnvironmentSecrets): Kind {
  const kind = kindOf(options, secrets);
  refuseUnusable(options, kind);
  refuseContradictions(options);
  const missing = missingAnswers(options, kind, secrets);
  if (missing.length > 0) {
    throw new MissingAnswers(`missing for --provisioning ${kind}: ${missing.join(", ")}`);
  }
  const fromStdin = FLAGS.filter(({ key }) => key.endsWith("File") && options[key] === "-");
  if (fromStdin.length > 1) {
    const names = fromStdin.map(({ key }) => flagName(key)).join(" and ");
    throw new UsageError(`standard input can be read only once, not for ${names}`);
  }
  return kind;
}

/** The kind of provisioning that the answers mean. Throws when they do not say. */
export function kindOf(options: InitOptions, secrets: EnvironmentSecrets): Kind {
  const { provisioning, connectionString, connectionStringFile } = options;
  if (provisioning === undefined) {
    if (connectionString ?? connectionStringFile ?? secrets.connectionString) {
      return "manual-connection-string";
    }
    throw new MissingAnswers(`missing: --provisioning KIND, one of ${KINDS.join(", ")}`);
  }
  const kind = KINDS.find((kind) => kind === provisioning);
  if (kind !== undefined) return kind;
  throw new UsageError(`invalid --provisioning '${provisioning}': one of ${KINDS.join(", ")}`);
}

function refuseUnusable(options: InitOptions, kind: Kind): void {
  for (const { key, kinds } of FLAGS) {
    if (options[key] !== undefined && kinds !== undefined && !kinds.includes(kind)) {
      throw new UsageError(`${flagName(key)} is not used with --provisioning ${kind}`);
    }
  }
  const source = options.identityCert;
  if (source === undefined) return;
  for (const [keys, isUsed, reason] of SOURCE_RULES) {
    const key = keys.find((key) => options[key] !== undefined);
    if (key !== undefined && !isUsed(source)) throw new UsageError(`${flagName(key)} ${reason}`);
  }
}

const isIssued = (source: string): boolean => ISSUERS.some((issuer) => issuer === source);

const SOURCE_RULES: [(keyof InitOptions)[], (source: string) => boolean, string][] = [
  [["identityKey"], (source) => !isIssued(source), "is only used with a certificate in a file"],
  [
    ["identityCommonName", "identitySubject", "identityExpiryDays", "identityAutoRenew"],
    isIssued,
    `is only used with --identity-cert ${ISSUERS.join(", ")}`,
  ],
  [
    ["localCaCert", "localCaKey"],
    (source) => source === "local_ca",
    "is only used with --identity-cert local_ca",
  ],
  [
    FLAGS.map(({ key }) => key).filter((key) => key.startsWith("est")),
    (source) => source === "est",
    "is only used with --identity-cert est",
  ],
];

const EXCLUSIVE: [keyof InitOptions, keyof InitOptions][] = [
  ["connectionString", "connectionStringFile"],
  ["symmetricKeyFile", "symmetricKeyUri"],
  ["identityCommonName", "identitySubject"],
  ["estIdentityCert", "estBootstrapCert"],
];

const PAIRS: [keyof InitOptions, keyof InitOptions][] = [
  ["pkcs11Lib", "pkcs11BaseSlot"],
  ["estIdentityCert", "estIdentityKey"],
  ["estBootstrapCert", "estBootstrapKey"],
];

function refuseContradictions(options: InitOptions): void {
  for (const [one, other] of EXCLUSIVE) {
    if (options[one] !== undefined && options[other] !== undefined) {
      throw new UsageError(`${flagName(one)} and ${flagName(other)} exclude each other`);
    }
  }
}

/** The flags of all answers that are still missing. */
function missingAnswers(
  options: InitOptions,
  kind: Kind,
  secrets: EnvironmentSecrets,
): string[] {
  const missing: string[] = [];
  const need = (...keys: (keyof InitOptions)[]): void => {
    if (keys.some((key) => options[key] !== undefined)) return;
    missing.push(keys.map(flagName).join(" or "));
  };
  const isDps = kind.startsWith("dps-");
  if (kind === "manual-connection-string" && secrets.connectionString === undefined) {
    need("connectionStringFile", "connectionString");
  }
  if (kind === "manual-symmetric-key" || kind === "manual-x509") need("iothubHostname");
  if (kind === "manual-symmetric-key" || kind === "manual-x509") need("deviceId");
  if (isDps) need("idScope");
  if (isDps && (kind !== "dps-x509" || isIssued(options.identityCert ?? ""))) {
    need("registrationId");
  }
  if (kind.endsWith("symmetric-key") && secrets.symmetricKey === undefined) {
    need("symmetricKeyFile", "symmetricKeyUri");
  }
  if (kind.endsWith("x509")) {
    need("identityCert");
    const source = options.identityCert;
    if (source !== undefined && !isIssued(source)) need("identityKey");
    if (source === "local_ca") need("localCaCert");
    if (source === "local_ca") need("localCaKey");
    if (source === "est") need("estUrl");
    if (options.estUsername !== undefined && secrets.estPassword === undefined) {
      need("estPasswordFile");
    }
    if (options.estPasswordFile !== undefined) need("estUsername");
  }
  for (const [one, other] of PAIRS) {
    if (options[one] !== undefined || options[other] !== undefined) {
      need(one);
      need(other);
    }
  }
  return missing;
}
