// SPDX-License-Identifier: MIT

/** Where the device's identity comes from, for the sources that this service can ask. */

import { ServiceError } from "../http/errors.ts";
import type { ProvisioningConfig } from "./config.ts";
import type { Device } from "./hub_registry.ts";

/**
 * The device of a configuration that names it; `undefined` for one without a hub. Throws when
 * something else than the configuration would have to be asked, which this version cannot.
 */
export function configuredDevice(config: ProvisioningConfig): Device | undefined {
  switch (config.source) {
    case "none":
      return undefined;
    case "manual": {
      const { authentication, device_id, iothub_hostname, local_gateway_hostname } = config;
      if (authentication.method !== "sas") {
        throw new Error(
          `manual provisioning with method "${authentication.method}" is not available yet`,
        );
      }
      return {
        hub: iothub_hostname,
        gateway: local_gateway_hostname ?? iothub_hostname,
        deviceId: device_id,
        credentials: { method: "sas", keyId: authentication.device_id_pk },
      };
    }
    case "dps":
      if (config.local_gateway_hostname !== undefined) {
        throw new ServiceError(404, "DPS provisioning is not supported in nested mode");
      }
      throw new Error("provisioning with DPS is not available yet");
  }
}
