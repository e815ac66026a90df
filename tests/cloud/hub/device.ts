// SPDX-License-Identifier: MIT

/** A device of the hub's registry, with its modules. */

import { encodeBase64 } from "../base64.ts";
import { type AuthSettings, type Credentials, credentialsFrom, randomKeys } from "./credentials.ts";
import { isIdentifier, newGenerationId } from "./identifiers.ts";
import { changeModule, type Module, type ModuleSettings, newModule } from "./module.ts";

/** How a device is set up by the owner of the hub. */
export interface DeviceSettings {
  /** Default for a new device: two fresh symmetric keys. */
  auth?: AuthSettings;
  /** Default for a new device: enabled. */
  status?: "enabled" | "disabled";
}

/** A device. Its generation id changes only when it is deleted and made again. */
export class Device {
  readonly generationId: string;
  readonly modules = new Map<string, Module>();
  /** `moved`: to another hub; this one knows it and answers 404. */
  status: "enabled" | "disabled" | "moved" = "enabled";
  credentials: Credentials = randomKeys();

  /** Throws a RangeError for a bad id. */
  constructor(readonly hub: { hostName: string }, readonly id: string, now: Date) {
    if (!isIdentifier(id)) throw new RangeError(`${JSON.stringify(id)} is not a device id`);
    this.generationId = newGenerationId(now);
  }

  /** Takes over what is set and keeps the rest. Throws a RangeError and changes nothing. */
  configure(settings: DeviceSettings): void {
    const { auth, status } = settings;
    if (auth !== undefined) this.credentials = credentialsFrom(auth, this.credentials);
    if (status !== undefined) this.status = status;
  }

  /**
   * Makes a module, or changes the one that is there, behind the device's back: no limit holds
   * and what is not set stays as it is. Throws a RangeError and changes nothing.
   */
  putModule(id: string, settings: ModuleSettings, now: Date): Module {
    if (!isIdentifier(id)) throw new RangeError(`${JSON.stringify(id)} is not a module id`);
    const module = this.modules.get(id) ??
      newModule(id, { managedBy: null, credentials: randomKeys() }, now);
    changeModule(module, settings);
    this.modules.set(id, module);
    return module;
  }

  /** Base64; `undefined` for a device that has no keys. */
  get primaryKey(): string | undefined {
    return this.credentials.type === "sas" ? encodeBase64(this.credentials.primaryKey) : undefined;
  }

  /** Base64; `undefined` for a device that has no keys. */
  get secondaryKey(): string | undefined {
    return this.credentials.type === "sas"
      ? encodeBase64(this.credentials.secondaryKey)
      : undefined;
  }

  /** What an owner would copy from the portal. */
  get connectionString(): string {
    const key = this.primaryKey;
    const proof = key === undefined ? "x509=true" : `SharedAccessKey=${key}`;
    return `HostName=${this.hub.hostName};DeviceId=${this.id};${proof}`;
  }
}
