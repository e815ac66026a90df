// SPDX-License-Identifier: MIT

/** A module of a device, and the record of it that the registry answers with. */

import { authenticationRecord, type Credentials } from "./credentials.ts";
import { newEtag, newGenerationId } from "./identifiers.ts";

/** A module. Its generation id is new on every create, its entity tag on every change. */
export interface Module {
  readonly id: string;
  generationId: string;
  etag: string;
  managedBy: string | null;
  credentials: Credentials;
}

/** A module as it is after its creation. */
export function newModule(
  id: string,
  settings: { managedBy: string | null; credentials: Credentials },
  now: Date,
): Module {
  return { id, generationId: newGenerationId(now), etag: newEtag(), ...settings };
}

/** What the registry answers for a module. */
export function moduleRecord(deviceId: string, module: Module): Record<string, unknown> {
  return {
    moduleId: module.id,
    managedBy: module.managedBy,
    deviceId,
    generationId: module.generationId,
    etag: module.etag,
    connectionState: "Disconnected",
    connectionStateUpdatedTime: "0001-01-01T00:00:00",
    lastActivityTime: "0001-01-01T00:00:00",
    cloudToDeviceMessageCount: 0,
    authentication: authenticationRecord(module.credentials),
  };
}
