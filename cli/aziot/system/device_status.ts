// SPDX-License-Identifier: MIT

import {
  type AziotIdentity,
  identityClient,
  type ProvisioningInfo,
} from "../../../services/identityd/client.ts";
import type { Machine } from "../machine.ts";
import { socketOf } from "../service_paths.ts";

/** What the Identity Service says of the device, as far as the caller may ask. */
export interface DeviceStatus {
  /** Where the identity comes from; `null`: not known. */
  provisioning: ProvisioningInfo | null;
  /** Whom the device is in the cloud; `null`: not provisioned, or not known. */
  identity: { hub: string; gateway: string; device: string } | null;
}

/** A status is asked for often and must not hang on a cloud that does not answer. */
const TIMEOUT_MS = 5000;

/** Asks a running service; one that does not run is not started for this. */
export async function deviceStatus(isRunning: boolean, machine: Machine): Promise<DeviceStatus> {
  if (!isRunning) return { provisioning: null, identity: null };
  const socket = await socketOf("identityd", machine);
  const client = identityClient({ socket, timeoutMs: TIMEOUT_MS });
  const [provisioning, identity] = await Promise.all([
    client.getProvisioningInfo().catch(() => null),
    client.getDeviceIdentity().catch(() => null),
  ]);
  return { provisioning, identity: identity && summary(identity) };
}

function summary({ spec }: AziotIdentity): DeviceStatus["identity"] {
  return { hub: spec.hubName, gateway: spec.gatewayHost, device: spec.deviceId };
}
