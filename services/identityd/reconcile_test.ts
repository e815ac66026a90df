// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import type { HubModule } from "./module_backup.ts";
import type { UsableModule } from "./modules.ts";
import { Progress } from "./progress.ts";
import { type Plan, planModules, reconcileModules, type Wanted } from "./reconcile.ts";
import { DEVICE, OUTAGE, TestHub } from "./test_hub.ts";
import { handle } from "./test_keys.ts";
import { testLog } from "./test_log.ts";

const set = (text: string): ReadonlySet<string> => new Set(text.split(" ").filter((name) => name));
const hubOf = (text: string): HubModule[] =>
  [...set(text)].map((moduleId) => ({ moduleId, deviceId: "d", generationId: `${moduleId}1` }));

interface Row {
  hub?: string;
  current?: string;
  previous?: string;
  obsolete?: string;
  begun?: string;
  done?: Record<string, string>;
  plan: Partial<Record<keyof Plan, string>>;
}

const ROWS: Record<string, Row> = {
  "nothing anywhere": { plan: {} },
  "a new principal": { current: "a", plan: { create: "a" } },
  "a principal that has its module": {
    hub: "a",
    current: "a",
    previous: "a",
    plan: { keep: "a" },
  },
  "a principal whose module somebody else made": {
    hub: "a",
    current: "a",
    plan: { recreate: "a", create: "a" },
  },
  "a principal that is gone": { hub: "a", obsolete: "a", plan: { remove: "a" } },
  "a principal that is gone, and its module too": { obsolete: "a", plan: {} },
  "a principal whose module was removed": { current: "a", previous: "a", plan: { create: "a" } },
  "modules of others": { hub: "$edgeAgent x", current: "a", previous: "a", plan: { create: "a" } },
  "removals in the hub's order, creations in that of the names": {
    hub: "z x b a",
    current: "b a c",
    previous: "c",
    obsolete: "x z",
    plan: { remove: "z x", recreate: "b a", create: "a b c" },
  },
  "a module that a run before this one has made": {
    hub: "a",
    current: "a",
    done: { a: "a1" },
    plan: { keep: "a" },
  },
  "a module that was made anew since": {
    hub: "a",
    current: "a",
    done: { a: "a0" },
    plan: { recreate: "a", create: "a" },
  },
  "a module whose making was cut short": {
    hub: "a",
    current: "a",
    previous: "a",
    begun: "a",
    plan: { recreate: "a", create: "a" },
  },
};

for (const [title, row] of Object.entries(ROWS)) {
  Deno.test(`a plan for ${title}`, () => {
    const wanted: Wanted = {
      current: set(row.current ?? ""),
      previous: set(row.previous ?? ""),
      obsolete: set(row.obsolete ?? ""),
    };
    const plan = planModules(hubOf(row.hub ?? ""), wanted, {
      isBegun: (name) => set(row.begun ?? "").has(name),
      isDone: (name, generation) => generation !== undefined && row.done?.[name] === generation,
    });
    const text = Object.fromEntries(
      Object.entries(plan).map(([name, list]) => [name, list.join(" ")]),
    );
    assert.deepEqual(text, { keep: "", remove: "", recreate: "", create: "", ...row.plan });
  });
}

/** The calls that a reconciliation makes, straight on a hub. */
function modulesOf(hub: TestHub) {
  return {
    width: 4,
    listAnew: () => hub.list(),
    remove: (_device: unknown, moduleId: string) => hub.remove(DEVICE, moduleId),
    async create(_device: unknown, moduleId: string): Promise<UsableModule> {
      const { generationId = "" } = await hub.create(DEVICE, moduleId);
      return { moduleId, generationId, handle: handle("h") };
    },
  };
}

async function inHome(work: (home: string) => Promise<void>): Promise<void> {
  const home = await Deno.makeTempDir();
  try {
    await work(home);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

Deno.test("a reconciliation removes first, then creates, and says what the hub has then", async () => {
  await inHome(async (home) => {
    const hub = new TestHub("mine", "old", "kept", "foreign");
    const lines: string[] = [];
    const wanted = { current: set("mine new kept"), previous: set("kept"), obsolete: set("old") };
    const progress = Progress.none(home, DEVICE, testLog().log);
    const names = await reconcileModules(
      DEVICE,
      wanted,
      modulesOf(hub),
      progress,
      (line) => void lines.push(line),
    );
    assert.deepEqual(hub.calls, ["list", "remove mine", "remove old", "create mine", "create new"]);
    assert.deepEqual(lines, [
      'Hub identity "kept" already exists',
      'Hub identity "mine" will be recreated',
      'Hub identity "old" removed',
      'Hub identity "mine" added',
      'Hub identity "new" added',
    ]);
    assert.deepEqual([...names].sort(), ["foreign", "kept", "mine", "new"]);
  });
});

Deno.test("a module that somebody else has removed meanwhile is fine", async () => {
  await inHome(async (home) => {
    const hub = new TestHub("old");
    hub.fault = (call) => void (call === "remove old" && hub.modules.clear());
    const wanted = { current: set(""), previous: set(""), obsolete: set("old") };
    const progress = Progress.none(home, DEVICE, testLog().log);
    assert.deepEqual(
      await reconcileModules(DEVICE, wanted, modulesOf(hub), progress, () => {}),
      new Set(),
    );
  });
});

Deno.test("what a failed reconciliation has made is kept by the next one", async () => {
  await inHome(async (home) => {
    const { log } = testLog();
    const hub = new TestHub();
    const wanted = { current: set("a b"), previous: set(""), obsolete: set("") };
    hub.fault = (call) => {
      if (call === "create b") throw OUTAGE();
    };
    const first = Progress.none(home, DEVICE, log);
    await assert.rejects(reconcileModules(DEVICE, wanted, modulesOf(hub), first, () => {}));
    const generation = hub.generation("a");

    hub.fault = () => {};
    const second = await Progress.resume(home, DEVICE, log);
    await reconcileModules(DEVICE, wanted, modulesOf(hub), second, () => {});
    assert.equal(hub.generation("a"), generation);
    assert.ok(hub.generation("b"));
  });
});
