// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import * as v from "valibot";
import { parseToml } from "../config/toml.ts";
import { ServiceError } from "../http/errors.ts";
import { CloudError } from "./cloud_errors.ts";
import { type Config, configSchema } from "./config.ts";
import { DeviceState } from "./device_state.ts";
import { HubReads } from "./hub_reads.ts";
import { Lifecycle } from "./lifecycle.ts";
import { directoryName, ModuleBackup } from "./module_backup.ts";
import { MASTER_KEY_ID } from "./module_keys.ts";
import { Modules } from "./modules.ts";
import { MutationQueue } from "./mutation_queue.ts";
import { Reconciliation } from "./reconciliation.ts";
import { TestClock } from "./test_clock.ts";
import { DEVICE, OUTAGE, refusal, TestHub } from "./test_hub.ts";
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

function config(home: string, ...modules: string[]): Config {
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

class World {
  readonly clock = new HeldClock(0, 0.5);
  readonly stopping = new AbortController();
  readonly queue = new MutationQueue();
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

  /** Ends the pauses and waits until what follows them is done. */
  async nextAttempt(): Promise<void> {
    this.clock.wake();
    // The attempt enters the queue after its look at the hub; several turns of the loop at most.
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
    await this.queue.run(() => Promise.resolve());
  }
}

/** Runs a story in a home directory of its own; `starts` makes a service there, as often as wanted. */
async function story(
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

const fails = (error: () => Error) => () => {
  throw error();
};

Deno.test("a first start makes the principals' modules and remembers that", async () => {
  await story(async (start, home) => {
    const world = start(new TestHub("foreign", "both"), "mod", "both");
    assert.equal(await world.lifecycle.start(), true);
    assert.deepEqual(world.lines, [
      "INFO Provisioning starting. Reason: Startup",
      "INFO Updated device info for press-07.",
      "INFO Provisioning complete.",
      "INFO Identity reconciliation started. Reason: Startup",
      'INFO Hub identity "both" will be recreated',
      'INFO Hub identity "both" added',
      'INFO Hub identity "mod" added',
      "INFO Identity reconciliation complete.",
    ]);
    assert.deepEqual(world.lifecycle.snapshot.device, DEVICE);
    assert.deepEqual([...Deno.readDirSync(home)].map(({ name }) => name).sort(), [
      "device_info",
      "modules",
      "prev_state",
    ]);
    assert.deepEqual((await world.backup.list(DEVICE)).map(({ moduleId }) => moduleId), [
      "both",
      "foreign",
      "mod",
    ]);
  });
});

Deno.test("a restart keeps what is there and removes what is no principal any more", async () => {
  await story(async (start) => {
    const hub = new TestHub("foreign");
    await start(hub, "a", "b").lifecycle.start();
    const generation = hub.generation("a");
    await start(hub, "a").lifecycle.start();
    assert.deepEqual([...hub.modules.keys()], ["foreign", "a"]);
    assert.equal(hub.generation("a"), generation);
  });
});

Deno.test("what a run that was cut short has made goes when it is no principal any more", async () => {
  await story(async (start) => {
    const hub = new TestHub();
    hub.fault = (call) => {
      if (call === "create b") throw OUTAGE();
    };
    await start(hub, "a", "b").lifecycle.start();
    assert.deepEqual([...hub.modules.keys()], ["a"]);
    hub.fault = () => {};
    await start(hub, "c").lifecycle.start();
    assert.deepEqual([...hub.modules.keys()], ["c"]);
  });
});

Deno.test("a start without a hub serves what is known, and goes on when the hub is back", async () => {
  await story(async (start) => {
    const hub = new TestHub();
    hub.fault = fails(OUTAGE);
    const world = start(hub, "mod");
    assert.equal(await world.lifecycle.start(), true);
    assert.deepEqual(world.lifecycle.snapshot.device, DEVICE);
    assert.equal(
      world.lines.at(-1),
      "WARN Network not available for Identity reconciliation. Using offline backup from last run.",
    );
    assert.deepEqual(world.clock.pauses, [10_000]);

    await world.nextAttempt();
    assert.deepEqual(world.clock.pauses, [10_000, 20_000], "still away");
    hub.fault = () => {};
    await world.nextAttempt();
    assert.ok(hub.generation("mod"));
    assert.deepEqual(world.clock.pauses, [10_000, 20_000], "nothing more to do");
  });
});

Deno.test("a device that the hub refuses is served as unknown and asked for again", async () => {
  await story(async (start) => {
    const hub = new TestHub();
    hub.fault = fails(() => refusal(401, "Unauthorized"));
    const world = start(hub, "mod");
    assert.equal(await world.lifecycle.start(), false);
    assert.deepEqual(hub.calls, ["list", "list"], "it is provisioned anew once");
    assert.equal(world.lifecycle.snapshot.device, undefined);
    assert.equal(world.lifecycle.snapshot.refusal, "Unauthorized");
    assert.deepEqual(world.lines.slice(-3), [
      "INFO Could not reconcile Identities with current device data. Reprovisioning.",
      "INFO Updated device info for press-07.",
      "ERR! The device is refused: Unauthorized. Next attempt in 10 seconds.",
    ]);

    world.lines.length = 0;
    await world.nextAttempt();
    await world.nextAttempt();
    assert.deepEqual(world.clock.pauses, [10_000, 20_000, 40_000]);
    assert.deepEqual(world.lines, [], "the same reason is not repeated at each attempt");
    hub.fault = fails(() => refusal(403, "disabled"));
    await world.nextAttempt();
    assert.deepEqual(world.lines, [
      "ERR! The device is refused: disabled. Next attempt in 80 seconds.",
    ]);

    let isReady = false;
    world.lifecycle.whenReady.then(() => isReady = true);
    await world.nextAttempt();
    assert.equal(isReady, false);
    hub.fault = () => {};
    await world.nextAttempt();
    await world.lifecycle.whenReady;
    assert.deepEqual(world.lifecycle.snapshot.device, DEVICE);
    assert.equal(world.lifecycle.snapshot.refusal, undefined);
    assert.ok(hub.generation("mod"));
  });
});

Deno.test("a request to reprovision asks for a refused device at once", async () => {
  await story(async (start) => {
    const hub = new TestHub();
    hub.fault = fails(() => refusal(401, "Unauthorized"));
    const world = start(hub, "mod");
    await world.lifecycle.start();
    await assert.rejects(world.lifecycle.reprovision(), {
      status: 404,
      message: "Hub client error",
    });
    assert.equal(world.lifecycle.snapshot.device, undefined);
    hub.fault = () => {};
    await world.lifecycle.reprovision();
    assert.deepEqual(world.lifecycle.snapshot.device, DEVICE);
  });
});

Deno.test("a changed configuration asks for a refused device at once", async () => {
  await story(async (start, home) => {
    const hub = new TestHub();
    hub.fault = fails(() => refusal(401, "Unauthorized"));
    const world = start(hub);
    await world.lifecycle.start();
    hub.fault = () => {};
    await world.lifecycle.reload(config(home, "new"));
    assert.deepEqual(world.lifecycle.snapshot.device, DEVICE);
    assert.ok(hub.generation("new"));
  });
});

Deno.test("a start that a key prevents fails with what the Keys Service says", async () => {
  await story(async (start) => {
    const hub = new TestHub();
    hub.fault = fails(() => new CloudError("rejected", "a parameter has an invalid value"));
    const world = start(hub);
    await assert.rejects(
      world.lifecycle.start(),
      (error) =>
        error instanceof ServiceError && error.message === "Hub client error" &&
        error.cause instanceof CloudError,
    );
    assert.equal(
      world.lines.at(-1),
      "ERR! Failed to provision with IoT Hub, and no valid device backup was found: " +
        "Hub client error",
    );
  });
});

Deno.test("a start waits for nobody who asks for patience, and ends in the background", async () => {
  await story(async (start) => {
    const hub = new TestHub();
    const world = start(hub, "mod");
    const gate = Promise.withResolvers<void>();
    hub.fault = (call) => {
      if (call !== "list") return;
      world.reads.throttled(60_000);
      world.lifecycle.throttled();
      return gate.promise;
    };
    assert.equal(await world.lifecycle.start(), true);
    assert.deepEqual(world.lifecycle.snapshot.device, DEVICE);
    assert.equal(hub.modules.size, 0);
    gate.resolve();
    await world.queue.run(() => Promise.resolve());
    assert.ok(hub.generation("mod"));
  });
});

Deno.test("reprovisioning makes the principals' modules anew and removes former ones", async () => {
  await story(async (start, home) => {
    const hub = new TestHub("foreign");
    const world = start(hub, "a", "b");
    await world.lifecycle.start();
    const before = hub.generation("a");
    await world.backup.store(DEVICE, { moduleId: "stale", deviceId: "press-07" });
    world.lines.length = 0;

    await world.queue.run(() => Promise.resolve());
    await world.lifecycle.reload(config(home, "a", "b"));
    await world.lifecycle.reprovision();
    assert.notEqual(hub.generation("a"), before);
    assert.deepEqual(
      world.lines.filter((line) => line.includes("Api") || line.includes("complete")).slice(-4),
      [
        "INFO Provisioning starting. Reason: Api",
        "INFO Provisioning complete.",
        "INFO Identity reconciliation started. Reason: Api",
        "INFO Identity reconciliation complete.",
      ],
    );
    assert.deepEqual((await world.backup.list(DEVICE)).map(({ moduleId }) => moduleId), [
      "a",
      "b",
      "foreign",
    ], "nothing stale is left");
  });
});

Deno.test("a reprovisioning that fails leaves device, files and backups as they were", async () => {
  await story(async (start, home) => {
    const hub = new TestHub();
    const world = start(hub, "a");
    await world.lifecycle.start();
    const files = () =>
      ["device_info", "prev_state"].map((name) => Deno.readTextFileSync(`${home}/${name}`));
    const before = files();
    hub.fault = fails(() => refusal(401, "Unauthorized"));
    await assert.rejects(
      world.lifecycle.reprovision(),
      (error) =>
        error instanceof ServiceError && error.status === 404 && error.cause instanceof CloudError,
    );
    assert.deepEqual(world.lifecycle.snapshot.device, DEVICE);
    assert.deepEqual(files(), before);
    assert.equal((await world.backup.list(DEVICE)).length, 1);
  });
});

Deno.test("reprovisioning to another hub moves state and backups there", async () => {
  await story(async (start, home) => {
    const world = start(new TestHub(), "a");
    await world.lifecycle.start();
    const moved = config(home, "a");
    assert.ok(moved.provisioning.source === "manual");
    moved.provisioning.iothub_hostname = "other-hub.example.net";
    await world.lifecycle.reload(moved);
    assert.equal(world.lifecycle.snapshot.device?.hub, DEVICE.hub, "not before it is asked for");
    await world.lifecycle.reprovision();
    assert.equal(world.lifecycle.snapshot.device?.hub, "other-hub.example.net");
    assert.equal((await world.state.device())?.hub, "other-hub.example.net");
    assert.deepEqual([...Deno.readDirSync(`${home}/modules`)].map(({ name }) => name), [
      await directoryName({ hub: "other-hub.example.net", deviceId: "press-07" }),
    ]);
  });
});

Deno.test("a hub that was changed is the device's from the next start on", async () => {
  await story(async (start, home) => {
    await start(new TestHub(), "a").lifecycle.start();
    const moved = config(home, "a");
    assert.ok(moved.provisioning.source === "manual");
    moved.provisioning.iothub_hostname = "other-hub.example.net";
    const hub = new TestHub("a");
    const before = hub.generation("a");
    const world = new World(home, moved, hub);
    await world.lifecycle.start();
    assert.notEqual(hub.generation("a"), before, "another hub's module is not ours");
    assert.equal([...Deno.readDirSync(`${home}/modules`)].length, 1);
  });
});

Deno.test("a reload adds and removes modules of principals at once", async () => {
  await story(async (start, home) => {
    const hub = new TestHub("api-made");
    const world = start(hub, "a", "b");
    await world.lifecycle.start();
    const kept = hub.generation("a");
    await world.lifecycle.reload(config(home, "a", "c"));
    assert.deepEqual([...hub.modules.keys()].sort(), ["a", "api-made", "c"]);
    assert.equal(hub.generation("a"), kept);
    assert.ok(world.lifecycle.snapshot.principals.modules.has("c"));
    assert.ok(
      world.lines.includes("INFO Identity reconciliation started. Reason: ConfigurationFileUpdate"),
    );
  });
});

Deno.test("a reload that the hub refuses keeps the device and warns", async () => {
  await story(async (start, home) => {
    const hub = new TestHub();
    const world = start(hub, "a");
    await world.lifecycle.start();
    hub.fault = fails(() => refusal(403, "disabled"));
    await world.lifecycle.reload(config(home, "a", "b"));
    assert.deepEqual(world.lifecycle.snapshot.device, DEVICE);
    assert.equal(
      world.lines.at(-1),
      "WARN Failed to reprovision device. Running offline. Reason: disabled",
    );
  });
});

Deno.test("a full disk costs what is remembered, not the identities", async () => {
  await story(async (start) => {
    const world = start(new TestHub(), "a");
    const full = new Error("could not write device_info: no space left on the device", {
      cause: Object.assign(new Error("No space left on device"), { code: "ENOSPC" }),
    });
    world.state.save = () => Promise.reject(full);
    assert.equal(await world.lifecycle.start(), true);
    assert.ok(world.lines.includes(`ERR! ${full.message}`));
    // Who asks for it is told that it could not be done.
    await assert.rejects(world.lifecycle.reprovision(), full);
    assert.deepEqual(world.lifecycle.snapshot.device, DEVICE);
  });
});

Deno.test("modules that a failing Keys Service has left unmade are made when it is back", async () => {
  await story(async (start, home) => {
    const hub = new TestHub();
    const world = start(hub, "a");
    await world.lifecycle.start();
    world.keys.failure = new Error("keys are away");
    await assert.rejects(world.lifecycle.reprovision(), { message: "keys are away" });
    assert.equal(hub.generation("a"), undefined);
    world.keys.failure = undefined;
    await world.nextAttempt();
    assert.ok(hub.generation("a"));

    world.keys.failure = new Error("keys are away");
    await world.lifecycle.reload(config(home, "a", "b"));
    assert.equal(
      world.lines.at(-1),
      "WARN Failed to reprovision device. Running offline. Reason: keys are away",
    );
    world.keys.failure = undefined;
    await world.nextAttempt();
    assert.ok(hub.generation("b"));
  });
});

Deno.test("a disk that cannot be written for another reason ends the start", async () => {
  await story(async (start) => {
    const world = start(new TestHub(), "a");
    world.state.save = () => Promise.reject(new Error("permission denied"));
    await assert.rejects(world.lifecycle.start(), { message: "permission denied" });
  });
});

Deno.test("without a source there is no device, and forgetting one takes a request", async () => {
  await story(async (start, home) => {
    await start(new TestHub(), "a").lifecycle.start();
    const none = config(home);
    none.provisioning = { source: "none" };
    const hub = new TestHub();
    const world = new World(home, none, hub);
    assert.equal(await world.lifecycle.start(), true);
    assert.deepEqual(hub.calls, []);
    assert.deepEqual(world.lines, [
      "INFO Provisioning starting. Reason: Startup",
      "INFO Skipping provisioning with IoT Hub.",
      "INFO Provisioning complete.",
      "INFO Identity reconciliation started. Reason: Startup",
      "INFO reconcilation skipped since device is not provisioned",
      "INFO Identity reconciliation complete.",
    ]);
    assert.ok(await world.state.device(), "a restart forgets nothing");
    await world.lifecycle.reprovision();
    assert.equal(await world.state.device(), undefined);
    assert.deepEqual([...Deno.readDirSync(`${home}/modules`)], []);
  });
});

Deno.test("of several principals without idtype the log names those that do not count", async () => {
  await story(async (_start, home) => {
    await Promise.resolve();
    const two = config(home);
    two.principal = [{ uid: 1, name: "a" }, { uid: 2, name: "b" }];
    const world = new World(home, two, new TestHub());
    assert.deepEqual(world.lines, [
      'WARN principal "b" is not authorized: only one principal may lack an idtype',
    ]);
  });
});
