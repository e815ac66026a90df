// SPDX-License-Identifier: MIT

/**
 * Module identities of a provisioned device: what the hub says of them, what the backup says when
 * the hub cannot be asked, and the keys they get.
 */

import { ServiceError } from "../http/errors.ts";
import type { KeyHandle } from "../keyd/client.ts";
import type { Log } from "../log/log.ts";
import type { Clock } from "./clock.ts";
import { CloudError } from "./cloud_errors.ts";
import type { HubReads } from "./hub_reads.ts";
import type { Device, HubRegistry, ModuleKeys } from "./hub_registry.ts";
import type { HubModule, ModuleBackup } from "./module_backup.ts";
import {
  type DerivingKeys,
  type KeyedModule,
  moduleKeys,
  primaryKeyHandle,
} from "./module_keys.ts";

/** How long the hub may not show yet what it has just made: milliseconds, attempts, pause. */
const SETTLING = { lasts: 30_000, attempts: 4, pause: 1_000 };

/** How many modules are changed at a time: as many as there are connections to keyd. */
const WIDTH = 4;

/** A module that can be handed out: with the handle of the key its process signs with. */
export interface UsableModule extends KeyedModule {
  readonly handle: KeyHandle;
}

/** What the modules need around them. */
export interface ModulesContext {
  readonly registry: HubRegistry;
  readonly reads: HubReads;
  readonly backup: ModuleBackup;
  readonly keys: DerivingKeys;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether reads look at the backup before they ask the hub. */
  readonly preferBackup: boolean;
  /** Aborts when the service stops. */
  readonly stopping: AbortSignal;
}

/**
 * The module identities. Reads (`list`, `get`) may run at any time; the others are mutations,
 * which run one at a time. All throw `CloudError` when the hub is the reason, and `ServiceError`
 * 400 for a module that the hub shows without a generation.
 */
export class Modules {
  /** When each module was made here, by {@link Clock.elapsed}. */
  readonly #made = new Map<string, number>();
  /** The device whose modules the hub has listed in this run. */
  #listed = "";

  constructor(readonly context: ModulesContext) {}

  /** All modules of the device. */
  async list(device: Device): Promise<HubModule[]> {
    if (this.#asksBackupFirst) {
      const kept = await this.#listFromBackup(device);
      // An empty backup says something only after the hub has filled it.
      if (kept && (kept.length > 0 || this.#listed === question("list", device))) return kept;
    }
    try {
      return await this.#listFromHub(device);
    } catch (error) {
      if (!isOutage(error)) throw error;
      const kept = await this.#listFromBackup(device);
      if (kept) return kept;
      throw error;
    }
  }

  /** All modules, asked of the hub now, whatever it has said to others; a part of mutations. */
  listAnew(device: Device): Promise<HubModule[]> {
    this.context.reads.changed();
    return this.#listFromHub(device);
  }

  /** One module with its key. */
  async get(device: Device, moduleId: string): Promise<UsableModule> {
    const { backup, keys } = this.context;
    const kept = this.#asksBackupFirst ? await backup.get(device, moduleId) : undefined;
    const module = keyed(kept ?? await this.#getFromHub(device, moduleId));
    return { ...module, handle: await primaryKeyHandle(keys, module) };
  }

  /** Makes a module in the hub and gives it our keys; it must not exist. */
  async create(device: Device, moduleId: string): Promise<UsableModule> {
    const { clock, registry } = this.context;
    const made = await registry.create(device, moduleId);
    this.#settle(made.moduleId, clock.elapsed());
    try {
      return await this.#giveKeys(device, made);
    } catch (error) {
      await this.#undo(device, made.moduleId);
      throw error;
    }
  }

  /** Gives an existing module our keys again. */
  async update(device: Device, moduleId: string): Promise<UsableModule> {
    try {
      return await this.#giveKeys(device, await this.context.registry.get(device, moduleId));
    } catch (error) {
      if (isMissing(error)) await this.#forget(device, moduleId);
      throw error;
    }
  }

  /** Removes a module from the hub; that it is not there is an error, too. */
  async remove(device: Device, moduleId: string): Promise<void> {
    try {
      await this.context.registry.remove(device, moduleId);
    } catch (error) {
      if (isMissing(error)) await this.#forget(device, moduleId);
      throw error;
    }
    await this.#forget(device, moduleId);
  }

  /** How many modules a reconciliation may change at a time: one while the hub wants patience. */
  get width(): number {
    return this.context.reads.isThrottled ? 1 : WIDTH;
  }

  get #asksBackupFirst(): boolean {
    return this.context.preferBackup || this.context.reads.isThrottled;
  }

  /** All modules the hub knows; refreshes the backup of each. */
  #listFromHub(device: Device): Promise<HubModule[]> {
    const { backup, reads, registry } = this.context;
    const asked = question("list", device);
    return reads.share(asked, true, async () => {
      const epoch = backup.now();
      const modules = await registry.list(device);
      await backup.refresh(device, modules, epoch);
      this.#listed = asked;
      return modules;
    });
  }

  async #listFromBackup(device: Device): Promise<HubModule[] | undefined> {
    try {
      return await this.context.backup.list(device);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.context.log.warn(`could not list the backup of the modules: ${reason}`);
      return undefined;
    }
  }

  async #getFromHub(device: Device, moduleId: string): Promise<HubModule> {
    const { backup, reads, registry } = this.context;
    const isSettling = this.#isSettling(moduleId);
    try {
      return await reads.share(question("get", device, moduleId), false, async () => {
        const epoch = backup.now();
        try {
          const module = await registry.get(device, moduleId);
          await backup.refresh(device, [module], epoch);
          return module;
        } catch (error) {
          if (isMissing(error) && !isSettling) await backup.refreshMissing(device, moduleId, epoch);
          throw error;
        }
      });
    } catch (error) {
      if (!(error instanceof CloudError) || !(error.isOutage || isMissing(error))) throw error;
      const kept = error.isOutage || isSettling ? await backup.get(device, moduleId) : undefined;
      if (kept) return kept;
      const { failure, status } = error;
      throw new CloudError(failure, `module ${moduleId} not found`, status ? { status } : {});
    }
  }

  #settle(moduleId: string, now: number): void {
    for (const [made, at] of this.#made) {
      if (now - at >= SETTLING.lasts) this.#made.delete(made);
    }
    this.#made.set(moduleId, now);
  }

  /** Whether the hub may not know the module yet because it was made here just now. */
  #isSettling(moduleId: string): boolean {
    const made = this.#made.get(moduleId);
    return made !== undefined && this.context.clock.elapsed() - made < SETTLING.lasts;
  }

  /** Derives the keys that belong to what the hub shows, and tells the hub. */
  async #giveKeys(device: Device, shown: HubModule): Promise<UsableModule> {
    const { backup, keys, reads } = this.context;
    let module = keyed(shown);
    for (let again = false;; again = true) {
      const { handle, ...both } = await moduleKeys(keys, module);
      const updated = await this.#update(device, module.moduleId, both);
      const result = keyed({ ...module, ...updated });
      // Somebody made the module anew in between: the keys have to follow its generation.
      if (result.generationId !== module.generationId && !again) {
        module = result;
        continue;
      }
      await backup.store(device, { ...shown, ...updated });
      reads.changed();
      return { moduleId: result.moduleId, generationId: result.generationId, handle };
    }
  }

  /** The second half of making a module may come before the hub has taken notice of the first. */
  async #update(device: Device, moduleId: string, both: ModuleKeys): Promise<HubModule> {
    const { clock, registry, stopping } = this.context;
    for (let attempt = 1;; attempt++) {
      try {
        return await registry.update(device, moduleId, both);
      } catch (error) {
        const mayAppear = isMissing(error) && this.#isSettling(moduleId);
        if (!mayAppear || attempt >= SETTLING.attempts) throw error;
        await clock.sleep(SETTLING.pause, stopping);
      }
    }
  }

  /** A module with keys that nobody here knows is of no use; the caller asks again anyway. */
  async #undo(device: Device, moduleId: string): Promise<void> {
    const { log, registry } = this.context;
    try {
      await registry.remove(device, moduleId, { once: true });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.warn(`the module ${moduleId} was made and did not get its keys; not removed: ${reason}`);
    }
    await this.#forget(device, moduleId);
  }

  async #forget(device: Device, moduleId: string): Promise<void> {
    this.#made.delete(moduleId);
    await this.context.backup.drop(device, moduleId);
    this.context.reads.changed();
  }
}

function question(name: string, { gateway, hub, deviceId }: Device, moduleId = ""): string {
  return [name, gateway, hub, deviceId, moduleId].join("\n");
}

function keyed({ moduleId, generationId }: HubModule): KeyedModule {
  if (generationId === undefined) throw new ServiceError(400, "module identity not found");
  return { moduleId, generationId };
}

function isOutage(error: unknown): boolean {
  return error instanceof CloudError && error.isOutage;
}

/** Whether the hub has said that what was asked for does not exist. */
export function isMissing(error: unknown): boolean {
  return error instanceof CloudError && error.status === 404;
}
