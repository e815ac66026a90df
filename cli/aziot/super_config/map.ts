// SPDX-License-Identifier: MIT

import { DEVICE_ID, estServerCa, LOCAL_CA, MASTER_KEY } from "./ids.ts";
import { estAuthByIds, issuance, withoutAuth } from "./map_est.ts";
import { deviceIdentity, identitydProvisioning } from "./map_provisioning.ts";
import type { Est, LocalCa, SuperConfig, SymmetricKey } from "./model.ts";
import { INLINE_KEY_PATH, type ServiceConfigs } from "./service_configs.ts";
import { MappingState } from "./mapping_state.ts";

/** What the mapping needs to know of the machine. */
export interface Machine {
  /** The kernel's host name, as it is. */
  hostname: string;
  /** User ids of the Certificates and the Identity Service. */
  certdUid: number;
  identitydUid: number;
}

/** Homes of the services, which the tool always sets. */
export const HOMES = {
  keyd: "/var/lib/aziot/keyd",
  certd: "/var/lib/aziot/certd",
  identityd: "/var/lib/aziot/identityd",
} as const;

/**
 * Splits a super-config over the services: links become ids, and each service may use the keys
 * and certificates that it needs. Pure. Throws when the provisioning does not go with a parent.
 */
export function mapSuperConfig(config: SuperConfig, machine: Machine): ServiceConfigs {
  const { provisioning } = config;
  if (provisioning.source === "dps" && config.parentHostname !== undefined) {
    throw new Error("DPS provisioning is not supported in nested mode");
  }

  const state = new MappingState(config);
  state.identitydKeys.push(MASTER_KEY);
  deviceIdentity(provisioning, state);
  const deviceKey = storeDeviceKey(symmetricKeyOf(config), state);
  const est = config.est && mapEst(config.est, state);
  if (config.localCa) mapLocalCa(config.localCa, state);

  return {
    maxRequests: config.maxRequests,
    keyd: {
      aziotKeys: aziotKeys(config, state),
      preloadedKeys: state.preloadedKeys,
      principals: [
        { uid: machine.identitydUid, keys: state.identitydKeys },
        ...state.certdKeys.length > 0 ? [{ uid: machine.certdUid, keys: state.certdKeys }] : [],
      ],
    },
    certd: {
      est,
      hasLocalCa: config.localCa !== undefined,
      issuance: state.issuance,
      preloadedCerts: state.preloadedCerts,
      principals: state.identitydCerts.length > 0
        ? [{ uid: machine.identitydUid, certs: state.identitydCerts }]
        : [],
    },
    identityd: {
      hostname: config.hostname ?? machine.hostname,
      preferModuleIdentityCache: config.preferModuleIdentityCache,
      cloudTimeoutSec: config.cloudTimeoutSec,
      cloudRetries: config.cloudRetries,
      localGatewayHostname: config.parentHostname,
      provisioning: identitydProvisioning(provisioning, state),
      localidDomain: config.localidDomain,
      principals: [],
    },
    tpmd: config.tpm,
    deviceKey,
    warnings: state.warnings,
  };
}

function symmetricKeyOf({ provisioning }: SuperConfig): SymmetricKey | undefined {
  if (provisioning.source === "manual" && provisioning.authentication.method === "sas") {
    return provisioning.authentication.key;
  }
  if (provisioning.source === "dps" && provisioning.attestation.method === "symmetric_key") {
    return provisioning.attestation.key;
  }
  return undefined;
}

function storeDeviceKey(
  key: SymmetricKey | undefined,
  state: MappingState,
): Uint8Array | undefined {
  if (key === undefined) return undefined;
  if ("uri" in key) {
    state.preloadKey(DEVICE_ID, key.uri);
    return undefined;
  }
  state.preloadKey(DEVICE_ID, `file://${INLINE_KEY_PATH}`);
  return key.bytes;
}

function aziotKeys(config: SuperConfig, state: MappingState): Map<string, string> {
  const own = config.aziotKeys.get("homedir_path");
  if (own !== undefined && own !== HOMES.keyd) {
    state.warnings.push(
      `aziot_keys.homedir_path is always ${HOMES.keyd}: to keep the state elsewhere make ` +
        "/var/lib/aziot a mount point or a symbolic link",
    );
  }
  return new Map([...config.aziotKeys, ["homedir_path", HOMES.keyd]]);
}

function mapEst(est: Est, state: MappingState): ServiceConfigs["certd"]["est"] {
  const auth = estAuthByIds(est.auth, undefined, est.identityAutoRenew.rotateKey, state);
  const trustedCerts = est.trustedCerts.map((url, index) => {
    const id = estServerCa(index + 1);
    state.preloadCert(id, url);
    return id;
  });
  return { trustedCerts, auth, identityAutoRenew: est.identityAutoRenew, urls: est.urls };
}

function mapLocalCa(localCa: LocalCa, state: MappingState): void {
  state.certdKeys.push(LOCAL_CA);
  if (localCa.kind === "preloaded") {
    state.preloadCert(LOCAL_CA, localCa.certUrl);
    state.preloadKey(LOCAL_CA, localCa.keyUri);
    return;
  }
  const { options } = localCa;
  if (options.auth.basic || options.auth.x509) {
    state.warnings.push(
      "cert_issuance.local_ca.cert: its EST authentication is not used: give it in " +
        "[cert_issuance.est.auth]",
    );
  }
  if (options.autoRenew) {
    state.warnings.push("cert_issuance.local_ca.cert: auto_renew is not used for the local CA");
  }
  state.issuance.set(LOCAL_CA, issuance(withoutAuth(options), {}));
}
