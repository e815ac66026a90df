// SPDX-License-Identifier: MIT

/**
 * The device from start to stop: provisioned at the start, again on request, brought in line with
 * the configuration when that changes, and asked for again in the background while the cloud
 * refuses it or cannot be reached.
 */

import { errorChain, ServiceError } from "../http/errors.ts";
import type { Log } from "../log/log.ts";
import type { Clock } from "./clock.ts";
import { CloudError } from "./cloud_errors.ts";
import type { Config } from "./config.ts";
import type { Device } from "./hub_registry.ts";
import type { ModuleBackup } from "./module_backup.ts";
import type { Modules } from "./modules.ts";
import type { MutationQueue } from "./mutation_queue.ts";
import { Principals } from "./principals.ts";
import { configuredDevice } from "./provision.ts";
import type { Reason, Reconciliation } from "./reconciliation.ts";
import { RefusalLog } from "./refusal_log.ts";
import { refusalPause } from "./retry_pauses.ts";

/** What the lifecycle needs around it. */
export interface LifecycleContext {
  readonly reconciliation: Pick<Reconciliation, "run">;
  readonly backup: Pick<ModuleBackup, "open" | "prepare">;
  readonly modules: Pick<Modules, "listAnew">;
  readonly queue: MutationQueue;
  readonly clock: Clock;
  readonly log: Log;
  /** Aborts when the service stops. */
  readonly stopping: AbortSignal;
}

/** What is the case at a moment; replaced as a whole when a mutation has come so far. */
export interface Snapshot {
  readonly config: Config;
  readonly principals: Principals;
  /** Absent: none is wanted, or the cloud refuses it. */
  readonly device?: Device;
  /** Why the cloud refuses the device. */
  readonly refusal?: string;
}

/** How an attempt to bring hub and principals in line has ended. */
type Outcome =
  /** Unless `isRemembered` the disk is full: the same again, later, has nothing to do at the hub. */
  | { result: "done"; isRemembered: boolean }
  /** The cloud cannot be reached: what was known before is used. */
  | { result: "offline"; error: CloudError }
  | { result: "refused"; error: CloudError };

/** The device's lifecycle; one a process. Mutations go through the queue, reads take the snapshot. */
export class Lifecycle {
  #now: Snapshot;
  readonly #ready = Promise.withResolvers<void>();
  readonly #patience = Promise.withResolvers<void>();
  readonly #refusals: RefusalLog;
  /** Attempts in the background since the last one that went well. */
  #attempts = 0;
  #waiting: AbortController | undefined;

  /** `config` must have been validated. */
  constructor(config: Config, readonly context: LifecycleContext) {
    this.#now = { config, principals: this.#principalsOf(config) };
    this.#refusals = new RefusalLog(context.log, context.clock);
  }

  /** What is the case now. */
  get snapshot(): Snapshot {
    return this.#now;
  }

  /** Settles when there is a device that the cloud does not refuse, or none is wanted. */
  get whenReady(): Promise<void> {
    return this.#ready.promise;
  }

  /** To be called when the hub asks for patience: a start with a known device waits no longer. */
  throttled(): void {
    if (this.#now.device) this.#patience.resolve();
  }

  /**
   * Provisions the device as far as that can be done now; `false` says that the cloud refuses it,
   * which is tried again in the background. Throws when the configuration, a key or the disk is
   * the reason why it cannot be done.
   */
  async start(): Promise<boolean> {
    const run = this.context.queue.run(() => this.#start());
    const inBackground = this.#patience.promise.then(() => this.#ready.resolve());
    try {
      await Promise.race([run, inBackground]);
    } catch (error) {
      const failure = clientError(error);
      this.context.log.error(
        "Failed to provision with IoT Hub, and no valid device backup was found: " +
          errorChain(failure)[0],
      );
      throw failure;
    }
    run.catch((error: unknown) => this.#failedInBackground(error));
    return this.#now.refusal === undefined;
  }

  /**
   * Provisions anew with the present configuration. Throws what the caller is to be told. `gone`:
   * whether the caller does not wait any more.
   */
  async reprovision(gone?: () => boolean): Promise<void> {
    await this.context.queue.run(() => this.#reprovision(), gone);
  }

  /**
   * Takes over a changed configuration, which must have been validated. That hub and principals
   * could not be brought in line is a warning.
   */
  async reload(config: Config): Promise<void> {
    await this.context.queue.run(() => this.#reload(config));
  }

  async #start(): Promise<void> {
    const say = this.#info;
    const device = this.#provisioned("Startup", say);
    this.#publish(device);
    if (device) await this.context.backup.open(device);
    const outcome = await this.#reconcile(device, "Startup", say);
    this.#settle(outcome, outcome.result === "refused" ? undefined : device);
  }

  async #reprovision(): Promise<void> {
    const say = this.#info;
    const wasRefused = this.#now.refusal !== undefined;
    const device = this.#provisioned("Api", say);
    if (!wasRefused) this.#publish(device);
    if (device) await this.context.backup.prepare(device);
    say("Identity reconciliation started. Reason: Api");
    const outcome = await this.#orLater(this.#attempt(device, "Api", say));
    const isKept = outcome.result !== "refused" || !wasRefused;
    this.#settle(outcome, isKept ? device : undefined);
    if (outcome.result !== "done") throw clientError(outcome.error);
    say("Identity reconciliation complete.");
  }

  async #reload(config: Config): Promise<void> {
    this.#now = { ...this.#now, config, principals: this.#principalsOf(config) };
    try {
      const outcome = await this.#orLater(
        this.#bringInLine("ConfigurationFileUpdate", this.#info),
      );
      if (outcome.result === "refused") throw outcome.error;
    } catch (error) {
      const reason = errorChain(error).join(": ");
      this.context.log.warn(`Failed to reprovision device. Running offline. Reason: ${reason}`);
    }
  }

  /** Compares hub and principals; a device that is refused is asked for again first. */
  async #bringInLine(reason: Reason, say: (line: string) => void): Promise<Outcome> {
    const wasRefused = this.#now.refusal !== undefined;
    const device = wasRefused ? this.#provisioned(reason, say) : this.#now.device;
    const outcome = await this.#reconcile(device, reason, say);
    const isStillRefused = wasRefused && outcome.result === "refused";
    if (wasRefused && !isStillRefused && device) await this.context.backup.open(device);
    this.#settle(outcome, isStillRefused ? undefined : device);
    return outcome;
  }

  /** Asks whoever knows which device this is. */
  #provisioned(reason: Reason, say: (line: string) => void): Device | undefined {
    say(`Provisioning starting. Reason: ${reason}`);
    const device = this.#configured(say);
    say("Provisioning complete.");
    return device;
  }

  #configured(say: (line: string) => void): Device | undefined {
    const device = configuredDevice(this.#now.config.provisioning);
    if (device) say(`Updated device info for ${device.deviceId}.`);
    else say("Skipping provisioning with IoT Hub.");
    return device;
  }

  /** An attempt, and a second one where the cloud refuses what was known of the device. */
  async #reconcile(
    device: Device | undefined,
    reason: Reason,
    say: (line: string) => void,
  ): Promise<Outcome> {
    say(`Identity reconciliation started. Reason: ${reason}`);
    let outcome = await this.#attempt(device, reason, say);
    if (outcome.result === "refused") {
      say("Could not reconcile Identities with current device data. Reprovisioning.");
      this.#configured(say);
      outcome = await this.#attempt(device, reason, say);
    }
    if (outcome.result === "done") say("Identity reconciliation complete.");
    if (outcome.result === "offline") {
      this.context.log.warn(
        "Network not available for Identity reconciliation. Using offline backup from last run.",
      );
    }
    return outcome;
  }

  async #attempt(
    device: Device | undefined,
    reason: Reason,
    say: (line: string) => void,
  ): Promise<Outcome> {
    try {
      const isRemembered = await this.context.reconciliation.run(
        device,
        this.#now.config,
        reason,
        say,
      );
      return { result: "done", isRemembered };
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      if (error.isOutage) return { result: "offline", error };
      // Without a status it was no cloud that refused: a key is missing or may not be used.
      if (error.status === undefined) throw error;
      return { result: "refused", error };
    }
  }

  /** An attempt that something of this machine has cut short may have left modules unmade. */
  async #orLater(attempt: Promise<Outcome>): Promise<Outcome> {
    try {
      return await attempt;
    } catch (error) {
      this.#retryLater();
      throw error;
    }
  }

  /** Makes the end of an attempt known, and sees to it that a bad one is followed by another. */
  #settle(outcome: Outcome, device: Device | undefined): void {
    if (outcome.result === "done") {
      this.#refusals.accepted();
      if (outcome.isRemembered) {
        this.#attempts = 0;
        this.#waiting?.abort();
      } else {
        this.#retryLater();
      }
    } else {
      const pause = this.#retryLater();
      if (outcome.result === "refused") this.#refusals.refused(outcome.error.message, pause);
    }
    if (outcome.result === "refused" && !device) this.#publish(undefined, outcome.error.message);
    else {
      this.#publish(device);
      this.#ready.resolve();
    }
  }

  #publish(device: Device | undefined, refusal?: string): void {
    const { config, principals } = this.#now;
    this.#now = {
      config,
      principals,
      ...device ? { device } : {},
      ...refusal === undefined ? {} : { refusal },
    };
  }

  /** Plans the next attempt in the background; answers in how many milliseconds. */
  #retryLater(): number {
    const { clock, stopping } = this.context;
    this.#waiting?.abort();
    const waiting = new AbortController();
    this.#waiting = waiting;
    const pause = refusalPause(++this.#attempts, () => clock.random());
    clock.sleep(pause, AbortSignal.any([stopping, waiting.signal])).then(
      () => this.#retry(waiting.signal).catch((error) => this.#failedInBackground(error)),
      () => {},
    );
    return pause;
  }

  async #retry(superseded: AbortSignal): Promise<void> {
    const { log, modules, queue } = this.context;
    const { device } = this.#now;
    try {
      // Not in the queue: a hub that does not answer must not keep it from others.
      if (device) await modules.listAnew(device);
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      if (error.isOutage) {
        if (!superseded.aborted) this.#retryLater();
        return;
      }
    }
    await queue.run(async () => {
      if (superseded.aborted) return;
      await this.#bringInLine("Startup", (line) => log.debug(line));
    });
  }

  #failedInBackground(error: unknown): void {
    const { log, stopping } = this.context;
    if (stopping.aborted) return;
    log.error(`could not provision the device: ${errorChain(error).join(": ")}`);
    this.#retryLater();
  }

  #principalsOf(config: Config): Principals {
    const principals = new Principals(config.principal);
    for (const name of principals.ignored) {
      this.context.log.warn(
        `principal "${name}" is not authorized: only one principal may lack an idtype`,
      );
    }
    return principals;
  }

  readonly #info = (line: string): void => this.context.log.info(line);
}

/** What a caller, or the log of a start that failed, is told of an error. */
export function clientError(error: unknown): unknown {
  return error instanceof CloudError
    ? new ServiceError(404, "Hub client error", { cause: error })
    : error;
}
