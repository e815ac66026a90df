// SPDX-License-Identifier: MIT

/** A module of a device, and the record of it that the registry answers with. */

import { type Rewrite, rewrite } from "../rewrite.ts";
import {
  authenticationRecord,
  type AuthSettings,
  type Credentials,
  credentialsFrom,
} from "./credentials.ts";
import { newEtag, newGenerationId } from "./identifiers.ts";

/** A module. Its generation id is new on every create, its entity tag on every change. */
export interface Module {
  readonly id: string;
  generationId: string;
  etag: string;
  managedBy: string | null;
  credentials: Credentials;
  /** How answers differ from the truth. */
  shown: Rewrite;
}

/** How the owner of the hub sets up a module. */
export interface ModuleSettings extends Rewrite {
  auth?: AuthSettings;
  managedBy?: string | null;
  generationId?: string;
}

/** A module as it is after its creation. */
export function newModule(
  id: string,
  settings: { managedBy: string | null; credentials: Credentials },
  now: Date,
): Module {
  return { id, generationId: newGenerationId(now), etag: newEtag(), shown: {}, ...settings };
}

/** Takes over what is set. Throws a RangeError for bad credentials and then changes nothing. */
export function changeModule(module: Module, settings: ModuleSettings): void {
  const { auth, set, omit } = settings;
  if (auth !== undefined) module.credentials = credentialsFrom(auth, module.credentials);
  module.managedBy = settings.managedBy === undefined ? module.managedBy : settings.managedBy;
  module.generationId = settings.generationId ?? module.generationId;
  module.shown = {
    ...module.shown,
    ...(set === undefined ? {} : { set }),
    ...(omit === undefined ? {} : { omit }),
  };
  module.etag = newEtag();
}

/** What the registry answers for a module. */
export function moduleRecord(deviceId: string, module: Module): unknown {
  return rewrite({
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
  }, module.shown);
}
