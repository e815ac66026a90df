// SPDX-License-Identifier: MIT

import { certAndKey } from "./decode_issuance.ts";
import { parseConnectionString } from "./connection_string.ts";
import type { Attestation, Authentication, Provisioning } from "./model.ts";
import { type Section, SuperConfigError } from "./section.ts";
import { absoluteUrl, symmetricKey } from "./values.ts";

/** How the device gets its identity. */
export function provisioning(section: Section): Provisioning {
  switch (section.requireChoice("source", ["manual", "dps", "none"])) {
    case "manual":
      return manual(section);
    case "dps":
      return dps(section);
    case "none":
      return { source: "none" };
  }
}

const EXPLICIT_KEYS = ["iothub_hostname", "device_id", "authentication"];

function manual(section: Section): Provisioning {
  if (!section.has("connection_string")) return manualExplicit(section);
  const others = EXPLICIT_KEYS.filter((key) => section.has(key));
  try {
    const { iothubHostname, deviceId, key, notes } = section.requireParsed(
      "connection_string",
      parseConnectionString,
    );
    for (const note of notes) section.warn("connection_string", note);
    for (const key of others) section.warn(key, "ignored, since `connection_string` is given too");
    const authentication: Authentication = { method: "sas", key: { bytes: key } };
    return { source: "manual", iothubHostname, deviceId, authentication };
  } catch (error) {
    // The field's tool goes on to the other keys silently, so files that rely on it exist.
    if (!(error instanceof SuperConfigError) || others.length < EXPLICIT_KEYS.length) throw error;
    const explicit = manualExplicit(section);
    section.warn("connection_string", "not usable, so the other keys of the table are used");
    return explicit;
  }
}

function manualExplicit(section: Section): Provisioning {
  if (!EXPLICIT_KEYS.some((key) => section.has(key))) {
    section.missing(
      "connection_string",
      ": give it, or `iothub_hostname`, `device_id` and [provisioning.authentication]",
    );
  }
  return {
    source: "manual",
    iothubHostname: section.requireText("iothub_hostname"),
    deviceId: section.requireText("device_id"),
    authentication: authentication(section.requireSection("authentication")),
  };
}

function authentication(section: Section): Authentication {
  switch (section.requireChoice("method", ["sas", "x509"])) {
    case "sas":
      return { method: "sas", key: symmetricKey(section.requireSection("device_id_pk")) };
    case "x509":
      return { method: "x509", identity: certAndKey(section, "identity_cert", "identity_pk") };
  }
}

function dps(section: Section): Provisioning {
  if (!section.has("global_endpoint")) {
    section.missing(
      "global_endpoint",
      ": the public service is https://global.azure-devices-provisioning.net/",
    );
  }
  return {
    source: "dps",
    globalEndpoint: section.requireParsed("global_endpoint", absoluteUrl),
    idScope: section.requireText("id_scope"),
    payloadUri: section.section("payload")?.requireParsed("uri", absoluteUrl),
    attestation: attestation(section.requireSection("attestation")),
  };
}

function attestation(section: Section): Attestation {
  const method = section.requireChoice("method", ["symmetric_key", "x509", "tpm"]);
  switch (method) {
    case "symmetric_key":
      return {
        method,
        registrationId: section.requireText("registration_id"),
        key: symmetricKey(section.requireSection("symmetric_key")),
      };
    case "x509":
      return {
        method,
        registrationId: section.text("registration_id"),
        identity: certAndKey(section, "identity_cert", "identity_pk"),
      };
    case "tpm":
      return { method, registrationId: section.requireText("registration_id") };
  }
}
