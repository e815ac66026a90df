// SPDX-License-Identifier: MIT

/** One comparison of principals and hub, with what is remembered of it for the next one. */

import type { Log } from "../log/log.ts";
import type { Config } from "./config.ts";
import { type DeviceState, isSameDevice } from "./device_state.ts";
import { isDiskFull } from "./disk_full.ts";
import type { Device } from "./hub_registry.ts";
import type { ModuleBackup } from "./module_backup.ts";
import type { Modules } from "./modules.ts";
import { Principals } from "./principals.ts";
import { Progress } from "./progress.ts";
import { reconcileModules } from "./reconcile.ts";

/** Who asked for it: a caller of the API gets its modules made anew. */
export type Reason = "Startup" | "Api" | "ConfigurationFileUpdate";

/** What a reconciliation works with. */
export interface ReconciliationContext {
  readonly home: string;
  readonly state: DeviceState;
  readonly backup: ModuleBackup;
  readonly modules: Pick<Modules, "listAnew" | "create" | "remove" | "width">;
  readonly log: Log;
}

/** Makes reconciliations; only the owner of the mutations may. */
export class Reconciliation {
  /** What the last run has done and could not write down. */
  #unwritten: Progress | undefined;

  constructor(readonly context: ReconciliationContext) {}

  /**
   * Brings the hub's modules in line with the principals of `config` and remembers that it did.
   * `false`: it did, and a full disk has kept something from being remembered; another run, when
   * there is room, has nothing else to do. Throws `CloudError` when the hub is the reason that it
   * could not.
   */
  async run(
    device: Device | undefined,
    config: Config,
    reason: Reason,
    say: (line: string) => void,
  ): Promise<boolean> {
    if (!device) {
      say("reconcilation skipped since device is not provisioned");
      if (reason === "Api") await this.#forget();
      return true;
    }
    const { backup, home, log, modules } = this.context;
    const shortages = backup.shortages;
    const current = new Principals(config.principal).modules;
    const made = await this.#madeBefore(device);
    const begun = await this.#begunBefore(device);
    const isAnew = reason === "Api";
    const wanted = {
      current,
      previous: isAnew ? new Set<string>() : made,
      // What a run that was cut short has made is ours, too.
      obsolete: made.union(begun.names).difference(current),
    };
    const progress = isAnew ? Progress.none(home, device, log) : begun;
    let isComplete = false;
    try {
      const names = await reconcileModules(device, wanted, modules, progress, say);
      try {
        const isRemembered = await this.#remember(device, config, reason);
        if (isAnew) await backup.keepOnly(device, names);
        isComplete = isRemembered && backup.shortages === shortages;
      } finally {
        // Until the other files say it, this one has to: else the next start makes all anew.
        if (!isComplete) await progress.save();
      }
    } finally {
      if (progress.isInFile !== undefined) {
        this.#unwritten = progress.isInFile ? undefined : progress;
      }
    }
    if (isComplete) {
      await progress.finish();
      this.#unwritten = undefined;
    }
    return isComplete;
  }

  /** What a run that did not come to its end has done for the same device. */
  async #begunBefore(device: Device): Promise<Progress> {
    const { home, log } = this.context;
    const unwritten = this.#unwritten;
    if (unwritten && isSameDevice(unwritten.device, device)) return unwritten;
    return await Progress.resume(home, device, log);
  }

  /** The names of the modules that the last reconciliation of the same device has made. */
  async #madeBefore(device: Device): Promise<ReadonlySet<string>> {
    const { state } = this.context;
    if (!isSameDevice(await state.device(), device)) return new Set();
    const settings = await state.settings();
    return new Principals(settings?.principal ?? []).modules;
  }

  async #remember(device: Device, config: Config, reason: Reason): Promise<boolean> {
    try {
      await this.context.state.save(device, config);
      return true;
    } catch (error) {
      // Identities need no room: a device with a full disk goes on working, and says so.
      if (reason === "Api" || !isDiskFull(error)) throw error;
      this.context.log.error(error instanceof Error ? error.message : String(error));
      return false;
    }
  }

  async #forget(): Promise<void> {
    await this.context.state.forget();
    await this.context.backup.keepOnly(undefined, new Set());
  }
}
