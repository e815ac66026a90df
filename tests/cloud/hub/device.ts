// SPDX-License-Identifier: MIT

/** A device of the hub's registry, with its modules. */

import { encodeBase64 } from "../base64.ts";
import {
  anchorsFrom,
  type Credentials,
  keysFrom,
  randomKeys,
  thumbprintsFrom,
} from "./credentials.ts";
import { newGenerationId } from "./identifiers.ts";
import type { Module } from "./module.ts";

/** How a device is set up by the owner of the hub. */
export interface DeviceSettings {
  /** Default for a new device: two fresh symmetric keys. */
  auth?:
    | { sas: { primaryKey?: string; secondaryKey?: string } }
    | { thumbprints: string[] }
    | { ca: string };
  /** Default for a new device: enabled. */
  status?: "enabled" | "disabled";
}

/** A device. Its generation id changes only when it is deleted and made again. */
export class Device {
  readonly generationId: string;
  readonly modules = new Map<string, Module>();
  status: "enabled" | "disabled" = "enabled";
  credentials: Credentials = randomKeys();

  /** Throws a RangeError for settings that make no sense. */
  constructor(readonly hub: { hostName: string }, readonly id: string, now: Date) {
    this.generationId = newGenerationId(now);
  }

  /** Takes over what is set and keeps the rest. Throws a RangeError and changes nothing. */
  configure(settings: DeviceSettings): void {
    const { auth, status } = settings;
    if (auth !== undefined) this.credentials = this.#credentialsFrom(auth);
    if (status !== undefined) this.status = status;
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

  #credentialsFrom(auth: NonNullable<DeviceSettings["auth"]>): Credentials {
    if ("thumbprints" in auth) return thumbprintsFrom(auth.thumbprints);
    if ("ca" in auth) return anchorsFrom(auth.ca);
    const { primaryKey, secondaryKey } = auth.sas;
    const unchanged = primaryKey === undefined && secondaryKey === undefined &&
      this.credentials.type === "sas";
    return unchanged ? this.credentials : keysFrom(primaryKey, secondaryKey);
  }
}
