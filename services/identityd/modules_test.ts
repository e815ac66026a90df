// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { ServiceError } from "../http/errors.ts";
import { CloudError } from "./cloud_errors.ts";
import { HubReads } from "./hub_reads.ts";
import { ModuleBackup } from "./module_backup.ts";
import { MASTER_KEY_ID } from "./module_keys.ts";
import { Modules } from "./modules.ts";
import { TestClock } from "./test_clock.ts";
import { DEVICE, OUTAGE, refusal, TestHub } from "./test_hub.ts";
import { EXAMPLE_KEY, TestKeys } from "./test_keys.ts";
import { testLog } from "./test_log.ts";

class World {
  readonly clock = new TestClock();
  readonly keys = new TestKeys({ [MASTER_KEY_ID]: EXAMPLE_KEY });
  readonly reads = new HubReads(this.clock);
  readonly backup: ModuleBackup;
  readonly modules: Modules;
  readonly lines: string[];

  constructor(home: string, readonly hub: TestHub, preferBackup: boolean) {
    const { log, lines } = testLog();
    this.lines = lines;
    this.backup = new ModuleBackup(home, log);
    this.modules = new Modules({
      registry: hub,
      reads: this.reads,
      backup: this.backup,
      keys: this.keys,
      clock: this.clock,
      log,
      preferBackup,
      stopping: new AbortController().signal,
    });
  }

  /** The names that the backup has. */
  async kept(): Promise<string[]> {
    return (await this.backup.list(DEVICE)).map(({ moduleId }) => moduleId);
  }
}

async function inWorld(
  hub: TestHub,
  work: (world: World) => Promise<void>,
  { preferBackup = false } = {},
): Promise<void> {
  const home = await Deno.makeTempDir();
  try {
    const world = new World(home, hub, preferBackup);
    await world.backup.open(DEVICE);
    await work(world);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

const fails = (error: () => Error) => () => {
  throw error();
};

Deno.test("a created module has our keys in the hub, a handle for its process, and a backup", async () => {
  await inWorld(new TestHub(), async (world) => {
    const { hub, keys } = world;
    const made = await world.modules.create(DEVICE, "telemetry");
    assert.deepEqual(hub.calls, ["create telemetry", "update telemetry"]);
    assert.equal(made.generationId, hub.generation("telemetry"));
    assert.equal(made.handle, `derived:${MASTER_KEY_ID}:telemetry:${made.generationId}:primary`);
    assert.equal(
      hub.modules.get("telemetry")?.keys?.primary.toBase64(),
      "cj0PfbLbVaOQGaKdBVsQENNoUSJLLi4pQIfAI+M4G8Y=",
    );
    assert.equal(keys.calls.filter((call) => call.startsWith("export")).length, 2);
    assert.deepEqual(await world.kept(), ["telemetry"]);
  });
});

Deno.test("a module that exists cannot be created", async () => {
  await inWorld(new TestHub("telemetry"), async ({ modules, hub }) => {
    await assert.rejects(modules.create(DEVICE, "telemetry"), { status: 409 });
    assert.deepEqual(hub.calls, ["create telemetry"], "and is not removed");
  });
});

Deno.test("a module that did not get its keys is removed again", async () => {
  await inWorld(new TestHub(), async (world) => {
    world.hub.fault = (call) => {
      if (call.startsWith("update")) throw refusal(412, "precondition");
    };
    await assert.rejects(world.modules.create(DEVICE, "m"), { message: "precondition" });
    assert.equal(world.hub.modules.size, 0);
    assert.deepEqual(await world.kept(), []);
  });
});

Deno.test("the hub may take some seconds to see what it has just made", async () => {
  await inWorld(new TestHub(), async (world) => {
    let blind = 3;
    world.hub.fault = (call) => {
      if (call.startsWith("update") && blind-- > 0) {
        throw refusal(404, "ErrorCode:ModuleNotFound;m");
      }
    };
    await world.modules.create(DEVICE, "m");
    assert.deepEqual(world.clock.pauses, [1_000, 1_000, 1_000]);

    // Reading it in that time is not the end of its backup.
    world.hub.fault = fails(() => refusal(404, "ErrorCode:ModuleNotFound;m"));
    const read = await world.modules.get(DEVICE, "m");
    assert.equal(read.moduleId, "m");
    assert.deepEqual(await world.kept(), ["m"]);
    world.clock.pass(30_000);
    await assert.rejects(world.modules.get(DEVICE, "m"), { message: "module m not found" });
    assert.deepEqual(await world.kept(), []);
  });
});

Deno.test("a module that somebody makes anew meanwhile gets the keys of its generation", async () => {
  await inWorld(new TestHub("m"), async ({ modules, hub }) => {
    let isFirst = true;
    hub.fault = (call) => {
      if (!call.startsWith("update") || !isFirst) return;
      isFirst = false;
      hub.modules.set("m", { moduleId: "m", deviceId: "press-07", generationId: "999" });
    };
    const updated = await modules.update(DEVICE, "m");
    assert.equal(updated.generationId, "999");
    assert.equal(updated.handle, `derived:${MASTER_KEY_ID}:m:999:primary`);
    assert.deepEqual(hub.calls, ["get m", "update m", "update m"]);
  });
});

Deno.test("an update needs the hub and drops the backup of a module that is gone", async () => {
  await inWorld(new TestHub("m"), async (world) => {
    await world.modules.get(DEVICE, "m");
    world.hub.fault = fails(OUTAGE);
    await assert.rejects(world.modules.update(DEVICE, "m"), { message: "timed out" });
    assert.deepEqual(await world.kept(), ["m"]);
    world.hub.fault = () => {};
    world.hub.modules.clear();
    await assert.rejects(world.modules.update(DEVICE, "m"), {
      message: "ErrorCode:ModuleNotFound;m",
    });
    assert.deepEqual(await world.kept(), []);
  });
});

Deno.test("a removed module has no backup; that it was not there is an error all the same", async () => {
  await inWorld(new TestHub("a", "b"), async (world) => {
    await world.modules.list(DEVICE);
    await world.modules.remove(DEVICE, "a");
    assert.deepEqual(await world.kept(), ["b"]);
    world.hub.modules.clear();
    await assert.rejects(world.modules.remove(DEVICE, "b"), { status: 404 });
    assert.deepEqual(await world.kept(), []);
  });
});

Deno.test("a module without a generation cannot be handed out", async () => {
  await inWorld(new TestHub(), async ({ modules, hub }) => {
    hub.modules.set("m", { moduleId: "m", deviceId: "press-07" });
    await assert.rejects(
      modules.get(DEVICE, "m"),
      (error) =>
        error instanceof ServiceError && error.status === 400 &&
        error.message === "module identity not found",
    );
    assert.deepEqual((await modules.list(DEVICE)).map(({ generationId }) => generationId), [
      undefined,
    ]);
  });
});

const OUTAGES: [title: string, error: () => Error][] = [
  ["cannot be reached", OUTAGE],
  ["answers 500", () => new CloudError("network", "boom", { status: 500 })],
  [
    "throttles to the end",
    () => new CloudError("throttled", "429: Too many requests", { status: 429 }),
  ],
];
for (const [title, error] of OUTAGES) {
  Deno.test(`reads come from the backup while the hub ${title}`, async () => {
    await inWorld(new TestHub("known"), async ({ modules, hub }) => {
      await modules.list(DEVICE);
      hub.fault = fails(error);
      assert.deepEqual((await modules.list(DEVICE)).map(({ moduleId }) => moduleId), [
        "known",
      ]);
      assert.equal((await modules.get(DEVICE, "known")).moduleId, "known");
      await assert.rejects(modules.get(DEVICE, "unknown"), {
        message: "module unknown not found",
      });
    });
  });
}

Deno.test("reads do not come from the backup when the hub says no", async () => {
  for (const status of [400, 401, 403, 409]) {
    await inWorld(new TestHub("known"), async (world) => {
      await world.modules.list(DEVICE);
      world.hub.fault = fails(() => refusal(status, "no"));
      await assert.rejects(world.modules.list(DEVICE), { message: "no" });
      await assert.rejects(world.modules.get(DEVICE, "known"), { message: "no" });
      assert.deepEqual(await world.kept(), ["known"], "and it stays");
    });
  }
});

Deno.test("a module that the hub does not know loses its backup", async () => {
  await inWorld(new TestHub("m"), async (world) => {
    await world.modules.get(DEVICE, "m");
    world.hub.modules.clear();
    await assert.rejects(world.modules.get(DEVICE, "m"), { message: "module m not found" });
    assert.deepEqual(await world.kept(), []);
  });
});

Deno.test("a list that fails without a backup is the hub's error", async () => {
  await inWorld(new TestHub(), async ({ modules, hub, backup }) => {
    await backup.keepOnly(undefined, new Set());
    hub.fault = fails(OUTAGE);
    await assert.rejects(modules.list(DEVICE), { message: "timed out" });
  });
});

Deno.test("with the cache preferred the hub is asked for what the backup does not have", async () => {
  await inWorld(new TestHub("a"), async ({ modules, hub }) => {
    assert.equal((await modules.list(DEVICE)).length, 1, "an empty backup says nothing yet");
    assert.deepEqual(hub.calls, ["list"]);
    hub.calls.length = 0;
    await modules.list(DEVICE);
    await modules.get(DEVICE, "a");
    assert.deepEqual(hub.calls, []);
    hub.modules.clear();
    hub.modules.set("b", { moduleId: "b", deviceId: "press-07", generationId: "1" });
    await modules.get(DEVICE, "b");
    assert.deepEqual(hub.calls, ["get b"]);
  }, { preferBackup: true });
});

Deno.test("with the cache preferred an empty backup counts once the hub has filled it", async () => {
  await inWorld(new TestHub(), async ({ modules, hub }) => {
    await modules.list(DEVICE);
    await modules.list(DEVICE);
    assert.deepEqual(hub.calls, ["list"]);
  }, { preferBackup: true });
});

Deno.test("while the hub asks for patience it is asked only for what nobody here knows", async () => {
  await inWorld(new TestHub("a", "b"), async ({ modules, hub, reads }) => {
    await modules.get(DEVICE, "a");
    hub.calls.length = 0;
    reads.throttled(60_000);
    await modules.get(DEVICE, "a");
    await modules.list(DEVICE);
    assert.deepEqual(hub.calls, []);
    await modules.get(DEVICE, "b");
    assert.deepEqual(hub.calls, ["get b"]);
  });
});

Deno.test("a Keys Service that fails is no failure of the hub", async () => {
  await inWorld(new TestHub("m"), async ({ modules, keys }) => {
    keys.failure = new Error("keys are away");
    await assert.rejects(
      modules.get(DEVICE, "m"),
      (error) =>
        !(error instanceof CloudError) && error instanceof Error &&
        error.message === "keys are away",
    );
  });
});

Deno.test("several modules may be changed at a time, but one only while the hub wants patience", async () => {
  await inWorld(new TestHub(), ({ clock, modules, reads }) => {
    assert.equal(modules.width, 4);
    reads.throttled(60_000);
    assert.equal(modules.width, 1);
    clock.pass(60_000);
    assert.equal(modules.width, 4);
    return Promise.resolve();
  });
});
