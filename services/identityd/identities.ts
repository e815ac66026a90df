// SPDX-License-Identifier: MIT

/** Makes the identities that the API hands out, their members in its order. */

import type { Auth, AziotIdentity } from "./client.ts";
import type { DeviceInfo } from "./device_state.ts";

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
