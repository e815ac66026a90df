// SPDX-License-Identifier: MIT

import type { Step } from "../../../services/storage/commit.ts";
import type { User } from "../machine.ts";
import type { Place } from "../place.ts";
import { INLINE_KEY_PATH } from "../super_config/service_configs.ts";
import { generatedFile } from "./generated_file.ts";
import type { ServiceUsers } from "./service_users.ts";

/** A file or directory of a service that belongs to somebody else. */
export interface Misplaced {
  /** As seen from here. */
  path: string;
  uid: number;
  gid: number;
  /** Whose it should be. */
  user: User & { name: string };
}

/**
 * What the services and this tool made and does not belong to the services' present users, as
 * after a restore or when a user was made anew with another id. Files that an administrator placed
 * are not looked at, links are not followed, and a file with a second name is nobody's to repair.
 */
export async function misplaced(users: ServiceUsers, place: Place): Promise<Misplaced[]> {
  const found: Misplaced[] = [];
  for (const [service, name] of SERVICES) {
    const user = { ...users[service], name };
    const visit = ({ path, uid, gid }: Visited): void => {
      if (uid !== user.uid || gid !== user.gid) found.push({ path, uid, gid, user });
    };
    // The top may be a link to where the administrator keeps the state.
    await walk(await realPath(place.at(`/var/lib/aziot/${service}`)), visit);
    for (const path of ownPlaces(service)) {
      const seen = await lookAt(place.entry(path));
      if (seen) visit(seen);
    }
  }
  return found;
}

const SERVICES = [["keyd", "aziotks"], ["certd", "aziotcs"], ["identityd", "aziotid"]] as const;

/** The steps that give everything back to its service. */
export async function ownershipSteps(users: ServiceUsers, place: Place): Promise<Step[]> {
  if (!place.canChown) return [];
  return (await misplaced(users, place)).map(({ path, user: { uid, gid } }) => ({
    do: "chown" as const,
    path,
    owner: { uid, gid },
  }));
}

/** What a service owns outside its home. */
function ownPlaces(service: string): string[] {
  const directory = `/etc/aziot/${service}/config.d`;
  const secrets = INLINE_KEY_PATH.slice(0, INLINE_KEY_PATH.lastIndexOf("/"));
  return [
    directory,
    generatedFile(service),
    ...service === "keyd" ? [secrets, INLINE_KEY_PATH] : [],
  ];
}

interface Visited {
  path: string;
  uid: number;
  gid: number;
  isDirectory: boolean;
}

/** Visits what is at `path` and below; a running service may remove any of it meanwhile. */
async function walk(path: string | undefined, visit: (seen: Visited) => void): Promise<void> {
  const seen = path === undefined ? undefined : await lookAt(path);
  if (seen === undefined) return;
  visit(seen);
  if (!seen.isDirectory) return;
  try {
    for await (const { name } of Deno.readDir(seen.path)) await walk(`${path}/${name}`, visit);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
  }
}

async function lookAt(path: string): Promise<Visited | undefined> {
  try {
    const { uid, gid, isDirectory, isFile, isSymlink, nlink } = await Deno.lstat(path);
    // The other name may be anywhere: a service could have any file of the disk given to it.
    const isShared = isFile && (nlink ?? 1) > 1;
    return isSymlink || isShared ? undefined : { path, uid: uid ?? 0, gid: gid ?? 0, isDirectory };
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw new Error(`could not look at ${path}`, { cause });
  }
}

async function realPath(path: string): Promise<string | undefined> {
  try {
    return await Deno.realPath(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw new Error(`could not look at ${path}`, { cause });
  }
}
