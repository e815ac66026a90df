// SPDX-License-Identifier: MIT

/** Identities as the API hands them out. Order of the members as here; optional ones are left out. */

import type { KeyHandle } from "../keyd/client.ts";
import type { DeviceInfo } from "./device_state.ts";

/** How the holder of an identity proves it. */
export interface Auth {
  type: "sas" | "x509" | "tpm";
  /** The Keys Service's handle of the key; absent for `tpm`. */
  keyHandle?: KeyHandle;
  /** The Certificates Service's id of the certificate; `x509` only. */
  certId?: string;
}

/** An identity in IoT Hub: the device's, or that of one of its modules. */
export interface AziotIdentity {
  type: "aziot";
  spec: {
    hubName: string;
    /** The parent device, or the hub itself. */
    gatewayHost: string;
    deviceId: string;
    /** Modules only, as is `genId`. */
    moduleId?: string;
    genId?: string;
    /** Absent in lists. */
    auth?: Auth;
  };
}

/** An identity for callers of the device itself: key and certificate come along. */
export interface LocalIdentity {
  type: "local";
  spec: {
    moduleId: string;
    auth: {
      /** PKCS#8, PEM. */
      privateKey: string;
      /** Chain, PEM, the identity's own certificate first. */
      certificate: string;
      /** RFC 3339 with `+00:00`. */
      expiration: string;
    };
  };
}

/** Any identity. */
export type Identity = AziotIdentity | LocalIdentity;

/** The device's identity. */
export function deviceIdentity(device: DeviceInfo, auth: Auth): AziotIdentity {
  const { hub, gateway, deviceId } = device;
  return { type: "aziot", spec: { hubName: hub, gatewayHost: gateway, deviceId, auth } };
}

/** A module's identity; without `auth` as lists show it. */
export function moduleIdentity(
  device: DeviceInfo,
  module: { moduleId: string; generationId?: string },
  auth?: Auth,
): AziotIdentity {
  const { hub, gateway, deviceId } = device;
  const { moduleId, generationId } = module;
  return {
    type: "aziot",
    spec: {
      hubName: hub,
      gatewayHost: gateway,
      deviceId,
      moduleId,
      ...generationId === undefined ? {} : { genId: generationId },
      ...auth === undefined ? {} : { auth },
    },
  };
}
