// SPDX-License-Identifier: MIT

import * as v from "valibot";
import { parseToml } from "../config/toml.ts";
import { CloudError } from "./cloud_errors.ts";
import { type Config, configSchema } from "./config.ts";
import { DeviceState } from "./device_state.ts";
import { HubReads } from "./hub_reads.ts";
import { Lifecycle } from "./lifecycle.ts";
import { ModuleBackup } from "./module_backup.ts";
import { MASTER_KEY_ID } from "./module_keys.ts";
import { Modules } from "./modules.ts";
import { MutationQueue } from "./mutation_queue.ts";
import { Reconciliation } from "./reconciliation.ts";
import { TestClock } from "./test_clock.ts";
import { DEVICE, TestHub } from "./test_hub.ts";
import { EXAMPLE_KEY, TestKeys } from "./test_keys.ts";
import { testLog } from "./test_log.ts";

/** A clock whose pauses last until they are ended. */
class HeldClock extends TestClock {
  #pending: (() => void)[] = [];

  override sleep(duration: number, signal: AbortSignal): Promise<void> {
    this.pauses.push(duration);
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      this.#pending.push(() => {
        this.pass(duration);
        resolve();
      });
    });
  }

  /** Ends all pauses. */
  wake(): void {
    for (const end of this.#pending.splice(0)) end();
  }
}

/** A queue that says how many mutations have ended. */
class CountingQueue extends MutationQueue {
  ended = 0;

  override async run<T>(work: () => Promise<T>, gone?: () => boolean): Promise<T> {
    try {
      return await super.run(work, gone);
    } finally {
      this.ended++;
    }
  }
}

/** A configuration with these modules among its principals. */
export function config(home: string, ...modules: string[]): Config {
  const principals = modules.map((name, index) =>
    `[[principal]]\nuid = ${index + 1}\nname = "${name}"\nidtype = ["module"]\n`
  );
  return v.parse(
    configSchema,
    parseToml(`hostname = "press"
homedir = "${home}"
[provisioning]
source = "manual"
iothub_hostname = "${DEVICE.hub}"
device_id = "${DEVICE.deviceId}"
[provisioning.authentication]
method = "sas"
device_id_pk = "device-id"
${principals.join("")}`),
  );
}

/** An Identity Service without HTTP on a hub in memory; its pauses last until they are ended. */
export class World {
  readonly clock = new HeldClock(0, 0.5);
  readonly stopping = new AbortController();
  readonly queue = new CountingQueue();
  readonly reads = new HubReads(this.clock);
  readonly keys = new TestKeys({ [MASTER_KEY_ID]: EXAMPLE_KEY });
  readonly state: DeviceState;
  readonly backup: ModuleBackup;
  readonly lines: string[];
  readonly lifecycle: Lifecycle;

  constructor(readonly home: string, config: Config, readonly hub: TestHub) {
    const { log, lines } = testLog();
    this.lines = lines;
    this.state = new DeviceState(home, log);
    this.backup = new ModuleBackup(home, log);
    const modules = new Modules({
      registry: hub,
      reads: this.reads,
      backup: this.backup,
      keys: this.keys,
      clock: this.clock,
      log,
      preferBackup: false,
      stopping: this.stopping.signal,
    });
    const { backup, state } = this;
    this.lifecycle = new Lifecycle(config, {
      reconciliation: new Reconciliation({ home, state, backup, modules, log }),
      backup,
      modules,
      queue: this.queue,
      clock: this.clock,
      log,
      stopping: this.stopping.signal,
    });
  }

  /** Ends the pauses and waits until the attempt that follows has ended or planned another one. */
  async nextAttempt(): Promise<void> {
    const { clock, queue } = this;
    const pauses = clock.pauses.length;
    const ended = queue.ended;
    clock.wake();
    const deadline = performance.now() + 30_000;
    while (clock.pauses.length === pauses && queue.ended === ended) {
      if (performance.now() > deadline) throw new Error("no attempt has followed the pause");
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await queue.run(() => Promise.resolve());
  }
}

/** Runs a story in a home directory of its own; `starts` makes a service there, as often as wanted. */
export async function story(
  work: (start: (hub: TestHub, ...modules: string[]) => World, home: string) => Promise<void>,
): Promise<void> {
  const home = await Deno.makeTempDir();
  const worlds: World[] = [];
  try {
    await work((hub, ...modules) => {
      const world = new World(home, config(home, ...modules), hub);
      worlds.push(world);
      return world;
    }, home);
  } finally {
    for (const world of worlds) world.stopping.abort(new CloudError("network", "stopping"));
    await Deno.remove(home, { recursive: true });
  }
}
