// SPDX-License-Identifier: MIT

import { isInterrupted, recover } from "../../../services/storage/commit.ts";
import type { Machine } from "../machine.ts";
import type { Place } from "../place.ts";
import { lock } from "./lock.ts";

/** Where an apply keeps what it replaces while it runs. */
export function journalOf(place: Place): string {
  return place.at("/var/lib/aziot/.apply");
}

/** Runs with the lock of all applies held; files that only go somewhere else need none. */
export async function alone<T>(place: Place, run: () => Promise<T>): Promise<T> {
  if (place.kind === "output") return await run();
  using _held = await lock(place.at("/run/aziot/apply.lock"));
  return await run();
}

/** Undoes an apply that was interrupted and says so. The caller holds the lock. */
export async function undoInterrupted(place: Place, machine: Machine): Promise<void> {
  if (await recover(journalOf(place))) {
    machine.err("warning: an earlier `config apply` was interrupted: what it changed is undone\n");
  }
}

/** The same for commands that write nothing an apply writes: they lock only when there is need. */
export async function undoIfInterrupted(place: Place, machine: Machine): Promise<void> {
  if (!place.canChown && place.kind === "live") return;
  if (!await isInterrupted(journalOf(place))) return;
  await alone(place, () => undoInterrupted(place, machine));
}

/** A warning for a preview, which changes nothing, not even back. */
export async function interruptedWarning(place: Place): Promise<string[]> {
  try {
    if (!await isInterrupted(journalOf(place))) return [];
    return ["an earlier `config apply` was interrupted: the next one undoes it first"];
  } catch {
    // Only its owner may look: then there is nothing to say.
    return [];
  }
}
