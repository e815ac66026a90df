// SPDX-License-Identifier: MIT

import { parseToml } from "../../../services/config/toml.ts";
import { commit, type Owner, type Step } from "../../../services/storage/commit.ts";
import { removeLeftovers } from "../../../services/storage/replace_file.ts";
import type { User } from "../machine.ts";
import type { Place } from "../place.ts";
import { INLINE_KEY_PATH } from "../super_config/service_configs.ts";
import { MadeDirectories, secretsDirectorySteps } from "./directories.ts";
import { generatedFile } from "./generated_file.ts";
import { ownershipSteps } from "./ownership.ts";
import type { Plan } from "./plan.ts";
import { journalOf } from "./recovery.ts";

type Write = Step & { do: "write" };

/**
 * Writes what a plan says: all of it, or on an error, and after a crash with the next run,
 * nothing. Answers the files that were as they should be already.
 */
export async function carryOut(planned: Plan, place: Place): Promise<{ unchanged: string[] }> {
  const writes = writesOf(planned, place);
  const unchanged: string[] = [];
  for (const write of writes) if (await isAsWanted(write)) unchanged.push(write.path);

  const directories = new MadeDirectories();
  const journal = new MadeDirectories();
  try {
    for (const { path, owner } of writes) {
      await directories.ensurePrivate(directoryOf(path), owner);
    }
    await journal.ensureParents(journalOf(place));
    await removeOldLeftovers(writes);
    await commit(await stepsOf(planned, writes, place), journalOf(place));
  } catch (error) {
    await directories.undo();
    throw error;
  } finally {
    await journal.undo();
  }
  return { unchanged };
}

function writesOf({ files, deviceKey, users }: Plan, place: Place): Write[] {
  const write = (path: string, bytes: Uint8Array, user: User): Write => ({
    do: "write",
    path,
    bytes,
    mode: 0o600,
    ...place.canChown ? { owner: ownerOf(user) } : {},
  });
  const configs = files.map(({ path, text, user }) =>
    write(path, new TextEncoder().encode(text), user)
  );
  // The key comes first: a Keys Service that starts in between must find what it is told to use.
  return deviceKey
    ? [write(place.entry(INLINE_KEY_PATH), deviceKey, users.keyd), ...configs]
    : configs;
}

async function stepsOf(planned: Plan, writes: Write[], place: Place): Promise<Step[]> {
  const { deviceKey, users } = planned;
  const keyPath = place.entry(INLINE_KEY_PATH);
  const written = new Set(writes.map(({ path }) => path));
  const repairs = await ownershipSteps(users, place);
  return [
    ...repairs.filter(({ path }) => !written.has(path)),
    ...deviceKey && place.canChown
      ? await secretsDirectorySteps(directoryOf(keyPath), users.keyd, place.at(""))
      : [],
    ...writes,
    ...!deviceKey && await usesInlineKey(place) ? [{ do: "remove" as const, path: keyPath }] : [],
  ];
}

const AN_HOUR = 3_600_000;

async function removeOldLeftovers(writes: Write[]): Promise<void> {
  for (const directory of new Set(writes.map(({ path }) => directoryOf(path)))) {
    // Beside the key the Keys Service may be in the middle of a write of its own.
    const isShared = !directory.endsWith("/config.d");
    await removeLeftovers(directory, isShared ? { olderThanMs: AN_HOUR } : {});
  }
}

async function isAsWanted({ path, bytes, owner, mode }: Write): Promise<boolean> {
  try {
    const info = await Deno.lstat(path);
    if (!info.isFile || ((info.mode ?? 0) & 0o7777) !== mode) return false;
    if (owner !== undefined && (info.uid !== owner.uid || info.gid !== owner.gid)) return false;
    const present = await Deno.readFile(path);
    return present.length === bytes.length && present.every((byte, at) => byte === bytes[at]);
  } catch {
    // Not there, or not readable.
    return false;
  }
}

/** Whether the configuration in force uses the inline key: then the key's file is this tool's. */
async function usesInlineKey(place: Place): Promise<boolean> {
  try {
    const { preloaded_keys: keys } = parseToml(
      await Deno.readTextFile(place.at(generatedFile("keyd"))),
    );
    return typeof keys === "object" && Object.values(keys).includes(`file://${INLINE_KEY_PATH}`);
  } catch {
    // None yet, or one that is broken: nothing of ours is known to be left over.
    return false;
  }
}

function ownerOf({ uid, gid }: User): Owner {
  return { uid, gid };
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}
