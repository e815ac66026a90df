// SPDX-License-Identifier: MIT

/**
 * The module identities of one device in IoT Hub's registry: five calls, made with the device's
 * own credentials, directly or through a parent device.
 */

import type { KeysClient } from "../keyd/client.ts";
import {
  type CloudAnswer,
  type CloudContext,
  type CloudRequest,
  cloudRequest,
  type CloudSettings,
} from "./cloud_request.ts";
import { CloudError } from "./cloud_errors.ts";
import type { DeviceInfo } from "./device_state.ts";
import { expectRemoved, jsonOf } from "./hub_answer.ts";
import { escapeId } from "./hub_ids.ts";
import { type HubModule, moduleOf } from "./module_backup.ts";
import { deviceAudience, sasToken, TOKEN_LIFETIME_S } from "./sas_token.ts";

const API_VERSION = "2017-11-08-preview";

/** More clock skew than this is worth a warning: tokens carry dates. */
const MAX_SKEW_MS = 60_000;

/** What a device proves its identity with. */
export type Credentials = {
  readonly method: "sas";
  /** The Keys Service's id of the symmetric key. */
  readonly keyId: string;
};

/** A provisioned device: which one, and how it proves that. */
export interface Device extends DeviceInfo {
  readonly credentials: Credentials;
}

/** The keys of a module as the hub gets them, 32 bytes each. */
export interface ModuleKeys {
  readonly primary: Uint8Array;
  readonly secondary: Uint8Array;
}

/**
 * The five calls. Each throws `CloudError`, also for an answer about another module or device than
 * was asked for; ids must have passed `isHubId`. With `once` a failed
 * attempt is final.
 */
export interface HubRegistry {
  /** Makes a module with keys of the hub's own; it must not exist. */
  create(device: Device, moduleId: string): Promise<HubModule>;
  /** Gives a module these keys. */
  update(device: Device, moduleId: string, keys: ModuleKeys): Promise<HubModule>;
  get(device: Device, moduleId: string): Promise<HubModule>;
  /** All modules of the device, in the hub's order. */
  list(device: Device): Promise<HubModule[]>;
  /** Removes a module; that it does not exist is an error. */
  remove(device: Device, moduleId: string, options?: { once?: boolean }): Promise<void>;
}

/** The URL of a device's modules, or of one of them. */
export function modulesUrl(device: DeviceInfo, moduleId?: string): string {
  const module = moduleId === undefined ? "" : `/${escapeId(moduleId)}`;
  return `https://${device.gateway}/devices/${escapeId(device.deviceId)}/modules${module}` +
    `?api-version=${API_VERSION}`;
}

/** IoT Hub over its REST interface. */
export class RestHubRegistry implements HubRegistry {
  constructor(
    readonly keys: Pick<KeysClient, "loadKey" | "signHmacSha256">,
    readonly settings: CloudSettings,
    readonly context: CloudContext,
  ) {}

  async create(device: Device, moduleId: string): Promise<HubModule> {
    const body = { moduleId, deviceId: device.deviceId };
    const answer = await this.#send(device, { method: "PUT", moduleId, body });
    return moduleIn(answer, device, moduleId);
  }

  async update(device: Device, moduleId: string, keys: ModuleKeys): Promise<HubModule> {
    const body = {
      moduleId,
      deviceId: device.deviceId,
      authentication: {
        symmetricKey: {
          primaryKey: keys.primary.toBase64(),
          secondaryKey: keys.secondary.toBase64(),
        },
        type: "sas",
      },
    };
    const answer = await this.#send(device, { method: "PUT", moduleId, ifMatch: "*", body });
    return moduleIn(answer, device, moduleId);
  }

  async get(device: Device, moduleId: string): Promise<HubModule> {
    return moduleIn(await this.#send(device, { method: "GET", moduleId }), device, moduleId);
  }

  async list(device: Device): Promise<HubModule[]> {
    const value = jsonOf(await this.#send(device, { method: "GET" }));
    if (!Array.isArray(value)) throw new CloudError("invalid", "the answer is no list of modules");
    return value.flatMap((item) => {
      const module = moduleOf(item);
      if (module?.deviceId === device.deviceId) return [module];
      const what = module ? "a module of another device" : "something that is no module";
      this.context.log.warn(`the hub has listed ${what}; it is skipped`);
      return [];
    });
  }

  async remove(
    device: Device,
    moduleId: string,
    { once = false }: { once?: boolean } = {},
  ): Promise<void> {
    expectRemoved(await this.#send(device, { method: "DELETE", moduleId, ifMatch: "*" }, once));
  }

  async #send(
    device: Device,
    { moduleId, ...request }: Omit<CloudRequest, "url" | "authorize"> & { moduleId?: string },
    once = false,
  ): Promise<CloudAnswer> {
    const settings = once ? { ...this.settings, retries: 0 } : this.settings;
    const whole = {
      ...request,
      url: modulesUrl(device, moduleId),
      authorize: () => this.#token(device),
    };
    const answer = await cloudRequest(whole, settings, this.context);
    if (answer.status === 401) this.#compareClocks(answer.headers);
    return answer;
  }

  async #token(device: Device): Promise<string> {
    const audience = deviceAudience(device.hub, device.deviceId);
    const expiry = Math.floor(this.context.clock.now() / 1_000) + TOKEN_LIFETIME_S;
    return await sasToken(audience, expiry, async (message) => {
      const handle = await this.keys.loadKey(device.credentials.keyId);
      return await this.keys.signHmacSha256(handle, message);
    });
  }

  /** A refused token may be a clock that is wrong: a hint for the log, nothing depends on it. */
  #compareClocks(headers: Headers): void {
    const date = Date.parse(headers.get("date") ?? "");
    const skew = this.context.clock.now() - date;
    if (Number.isNaN(skew) || Math.abs(skew) <= MAX_SKEW_MS) return;
    const seconds = Math.round(Math.abs(skew) / 1_000);
    this.context.log.warn(
      `the hub has refused a token, and this machine's clock is ${seconds} seconds ` +
        `${skew > 0 ? "ahead of" : "behind"} the hub's: check the time`,
    );
  }
}

/**
 * The module that was asked for. Keys are derived from what the hub says, and backups named by it:
 * an answer about another module would hand out that one's identity.
 */
function moduleIn(answer: CloudAnswer, { deviceId }: DeviceInfo, moduleId: string): HubModule {
  const module = moduleOf(jsonOf(answer));
  const invalid = (reason: string) => new CloudError("invalid", reason, { status: answer.status });
  if (!module) throw invalid("the answer is no module");
  if (module.deviceId !== deviceId) throw invalid("the answer is about another device");
  if (module.moduleId !== moduleId) throw invalid("the answer is about another module");
  return module;
}
