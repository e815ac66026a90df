// SPDX-License-Identifier: MIT

import { CloudError } from "./cloud_errors.ts";
import type { Device, HubRegistry, ModuleKeys } from "./hub_registry.ts";
import type { HubModule } from "./module_backup.ts";

/** A device for tests. */
export const DEVICE: Device = {
  hub: "contoso-hub.example.net",
  gateway: "contoso-hub.example.net",
  deviceId: "press-07",
  credentials: { method: "sas", keyId: "device-id" },
};

/** The hub does not answer. */
export const OUTAGE = (): CloudError => new CloudError("network", "timed out");

/** The hub answers with this status. */
export function refusal(status: number, message: string): CloudError {
  return new CloudError("rejected", message, { status });
}

/** A hub's registry in memory, for one device. */
export class TestHub implements HubRegistry {
  readonly modules = new Map<string, HubModule & { keys?: ModuleKeys }>();
  /** What was asked, such as `create telemetry`. */
  readonly calls: string[] = [];
  /** Called before each answer; throws what the answer is instead. */
  fault: (call: string) => void | Promise<void> = () => {};
  #generation = 638400000000000000n;

  /** Makes modules that this service has not made. */
  constructor(...moduleIds: string[]) {
    for (const moduleId of moduleIds) this.#make(moduleId);
  }

  /** The generation of a module, if there is one. */
  generation(moduleId: string): string | undefined {
    return this.modules.get(moduleId)?.generationId;
  }

  create(_device: Device, moduleId: string): Promise<HubModule> {
    return this.#answer(`create ${moduleId}`, () => {
      if (this.modules.has(moduleId)) throw refusal(409, "ErrorCode:ModuleAlreadyExistsOnDevice");
      return this.#make(moduleId);
    });
  }

  update(_device: Device, moduleId: string, keys: ModuleKeys): Promise<HubModule> {
    return this.#answer(`update ${moduleId}`, () => {
      const module = { ...this.#find(moduleId), keys };
      this.modules.set(moduleId, module);
      return module;
    });
  }

  get(_device: Device, moduleId: string): Promise<HubModule> {
    return this.#answer(`get ${moduleId}`, () => this.#find(moduleId));
  }

  list(): Promise<HubModule[]> {
    return this.#answer("list", () => [...this.modules.values()]);
  }

  remove(_device: Device, moduleId: string): Promise<void> {
    return this.#answer(`remove ${moduleId}`, () => {
      this.#find(moduleId);
      this.modules.delete(moduleId);
    });
  }

  async #answer<T>(call: string, work: () => T): Promise<T> {
    this.calls.push(call);
    await Promise.resolve();
    await this.fault(call);
    return work();
  }

  #find(moduleId: string): HubModule & { keys?: ModuleKeys } {
    const module = this.modules.get(moduleId);
    if (module) return module;
    throw refusal(404, `ErrorCode:ModuleNotFound;${moduleId}`);
  }

  #make(moduleId: string): HubModule {
    const generationId = String(++this.#generation);
    const module = { moduleId, deviceId: DEVICE.deviceId, generationId };
    this.modules.set(moduleId, module);
    return module;
  }
}
