// SPDX-License-Identifier: MIT

/**
 * Brings the modules in the hub in line with the principals: each module principal gets a module
 * made by this service, and one that is no principal any more loses it. Modules of others are
 * never touched.
 */

import { fewAtATime } from "./few_at_a_time.ts";
import type { Device } from "./hub_registry.ts";
import type { HubModule } from "./module_backup.ts";
import { isMissing, type Modules } from "./modules.ts";
import type { Progress } from "./progress.ts";

/** What the modules of a device are compared with. All are names. */
export interface Wanted {
  /** Modules that the hub is to have. */
  readonly current: ReadonlySet<string>;
  /** Modules that this service made before and that may stay as they are. */
  readonly previous: ReadonlySet<string>;
  /** Modules that this service made before and that are to go. */
  readonly obsolete: ReadonlySet<string>;
}

/** What has to happen to a device's modules, by name. */
export interface Plan {
  readonly keep: string[];
  readonly remove: string[];
  /** To be removed and made anew: somebody else may know their keys. */
  readonly recreate: string[];
  /** To be made, those of `recreate` among them, in the order of the names. */
  readonly create: string[];
}

/** Compares what the hub has with what is wanted; the removals come in the hub's order. */
export function planModules(
  hub: readonly HubModule[],
  wanted: Wanted,
  progress: Pick<Progress, "isDone" | "isBegun">,
): Plan {
  const plan: Plan = { keep: [], remove: [], recreate: [], create: [] };
  for (const { moduleId, generationId } of hub) {
    if (wanted.current.has(moduleId)) {
      const isOurs = progress.isDone(moduleId, generationId) ||
        (wanted.previous.has(moduleId) && !progress.isBegun(moduleId));
      (isOurs ? plan.keep : plan.recreate).push(moduleId);
    } else if (wanted.obsolete.has(moduleId)) {
      plan.remove.push(moduleId);
    }
  }
  const kept = new Set(plan.keep);
  plan.create.push(...[...wanted.current].filter((name) => !kept.has(name)).sort());
  return plan;
}

/**
 * Lists, removes and creates until the hub has what is wanted, and answers with the names of all
 * modules it then has. Works on several modules at a time; begins nothing after the first error.
 * `progress` remembers what was done.
 */
export async function reconcileModules(
  device: Device,
  wanted: Wanted,
  modules: Pick<Modules, "listAnew" | "create" | "remove" | "width">,
  progress: Progress,
  say: (line: string) => void,
): Promise<Set<string>> {
  const hub = await modules.listAnew(device);
  const plan = planModules(hub, wanted, progress);
  const names = new Set(hub.map(({ moduleId }) => moduleId));

  for (const name of plan.keep) say(`Hub identity "${name}" already exists`);
  const recreate = new Set(plan.recreate);
  const remove = new Set([...plan.remove, ...plan.recreate]);
  const leaving = hub.map(({ moduleId }) => moduleId).filter((name) => remove.has(name));
  await fewAtATime(leaving, () => modules.width, async (name) => {
    await removeIfThere(device, name, modules);
    names.delete(name);
    say(`Hub identity "${name}" ${recreate.has(name) ? "will be recreated" : "removed"}`);
  });
  if (plan.create.length > 0) await progress.begin(plan.create);
  try {
    await fewAtATime(plan.create, () => modules.width, async (name) => {
      const { moduleId, generationId } = await modules.create(device, name);
      await progress.done(moduleId, generationId);
      names.add(moduleId);
      say(`Hub identity "${name}" added`);
    });
  } catch (error) {
    await progress.save();
    throw error;
  }
  return names;
}

/** That somebody else was faster is fine here. */
async function removeIfThere(
  device: Device,
  moduleId: string,
  modules: Pick<Modules, "remove">,
): Promise<void> {
  try {
    await modules.remove(device, moduleId);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
