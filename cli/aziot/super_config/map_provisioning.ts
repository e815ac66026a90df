// SPDX-License-Identifier: MIT

import { DEVICE_ID, DEVICE_ID_TEMP } from "./ids.ts";
import { estAuthByIds, issuance } from "./map_est.ts";
import type { MappingState } from "./mapping_state.ts";
import type { AutoRenew, Provisioning, Subject, X509Identity } from "./model.ts";
import type { IdentitydProvisioning, IdentitydSubject } from "./service_configs.ts";

/** Makes key and certificate of the device's identity known to the services. */
export function deviceIdentity(provisioning: Provisioning, state: MappingState): void {
  switch (provisioning.source) {
    case "none":
      return;
    case "manual": {
      const { authentication } = provisioning;
      if (authentication.method === "sas") state.identitydKeys.push(DEVICE_ID);
      else {
        if (
          authentication.identity.kind === "issued" && authentication.identity.options.autoRenew
        ) {
          state.warnings.push(
            "provisioning.authentication.identity_cert.auto_renew is not used with manual " +
              "provisioning: the certificate is not renewed by itself",
          );
        }
        x509Identity(authentication.identity, undefined, state);
      }
      return;
    }
    case "dps": {
      const { attestation } = provisioning;
      if (attestation.method === "symmetric_key") state.identitydKeys.push(DEVICE_ID);
      if (attestation.method === "x509") {
        const { identity } = attestation;
        const autoRenew = identity.kind === "issued" ? identity.options.autoRenew : undefined;
        x509Identity(identity, autoRenew, state);
      }
    }
  }
}

function x509Identity(
  identity: X509Identity,
  autoRenew: AutoRenew | undefined,
  state: MappingState,
): void {
  if (identity.kind === "preloaded") {
    state.preloadKey(DEVICE_ID, identity.keyUri);
    state.identitydKeys.push(DEVICE_ID);
    state.preloadCert(DEVICE_ID, identity.certUrl);
    return;
  }
  const { options } = identity;
  const entry = issuance(options, estAuthByIds(options.auth, DEVICE_ID, true, state));
  state.identitydKeys.push(DEVICE_ID);
  if (autoRenew) {
    state.issuance.set(DEVICE_ID_TEMP, entry);
    state.identitydCerts.push(DEVICE_ID_TEMP);
    if (autoRenew.rotateKey) state.identitydKeys.push(DEVICE_ID_TEMP);
  }
  state.issuance.set(DEVICE_ID, entry);
  state.identitydCerts.push(DEVICE_ID);
}

/** The Identity Service's view of the provisioning. */
export function identitydProvisioning(
  provisioning: Provisioning,
  state: MappingState,
): IdentitydProvisioning {
  switch (provisioning.source) {
    case "none":
      return { source: "none" };
    case "manual": {
      const { iothubHostname, deviceId, authentication } = provisioning;
      const subject = authentication.method === "x509"
        ? issuedSubject(authentication.identity)
        : undefined;
      return {
        source: "manual",
        iothubHostname,
        deviceId,
        method: authentication.method,
        csrSubject: subject?.kind === "parts" ? subjectWithName(deviceId, subject) : undefined,
      };
    }
    case "dps": {
      const { globalEndpoint, idScope, payloadUri, attestation } = provisioning;
      const common = { source: "dps" as const, globalEndpoint, scopeId: idScope, payloadUri };
      if (attestation.method !== "x509") {
        const { method, registrationId } = attestation;
        return { ...common, method, registrationId, identityAutoRenew: undefined };
      }
      const { identity, registrationId } = attestation;
      return {
        ...common,
        method: "x509",
        registrationId: registrationSubject(registrationId, identity, state),
        identityAutoRenew: identity.kind === "issued" ? identity.options.autoRenew : undefined,
      };
    }
  }
}

function issuedSubject(identity: X509Identity): Subject | undefined {
  return identity.kind === "issued" ? identity.options.subject : undefined;
}

function registrationSubject(
  registrationId: string | undefined,
  identity: X509Identity,
  state: MappingState,
): IdentitydSubject | undefined {
  if (registrationId === undefined || identity.kind === "preloaded") return registrationId;
  const subject = issuedSubject(identity);
  if (subject === undefined) {
    state.warnings.push(
      "provisioning.attestation.registration_id is not used without a subject: add common_name " +
        "or subject to [provisioning.attestation.identity_cert]",
    );
    return undefined;
  }
  return subject.kind === "name" ? registrationId : subjectWithName(registrationId, subject);
}

/** The user's subject with the common name that the cloud expects; attribute names in upper case. */
function subjectWithName(
  commonName: string,
  subject: Subject & { kind: "parts" },
): ReadonlyMap<string, string> {
  const parts = new Map([["CN", commonName]]);
  for (const [name, value] of [...subject.parts].sort(byName)) {
    const upper = name.toUpperCase();
    if (upper !== "CN") parts.set(upper, value);
  }
  return parts;
}

function byName([a]: [string, string], [b]: [string, string]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
