// SPDX-License-Identifier: MIT

import type { User } from "../machine.ts";

const READ = 4;
const SEARCH = 1;

/** Whether the mode bits let `user` do what `wanted` (a sum of 4, 2, 1) says. Root may anything. */
export function permits(info: Deno.FileInfo, user: User, wanted: number): boolean {
  if (user.uid === 0) return true;
  const mode = info.mode ?? 0;
  const isGroup = info.gid !== null && (info.gid === user.gid || user.groups.includes(info.gid));
  const bits = info.uid === user.uid ? mode >> 6 : isGroup ? mode >> 3 : mode;
  return (bits & wanted) === wanted;
}

/**
 * Why `user` cannot read the file at `path` of the system whose files `at` finds, or `undefined`
 * when it can: "it does not exist", or the first part of the path that refuses.
 */
export async function unreadable(
  path: string,
  user: User,
  at: (path: string) => string,
): Promise<string | undefined> {
  for (const directory of ancestors(path)) {
    const info = await infoOf(at(directory));
    if (info === undefined) return "it does not exist";
    if (!permits(info, user, SEARCH)) return `${directory} does not let its user pass`;
  }
  const info = await infoOf(at(path));
  if (info === undefined) return "it does not exist";
  if (info.isDirectory) return "it is a directory";
  return permits(info, user, READ) ? undefined : "its owner and mode do not let the user read it";
}

/** The directories on the way to `path`, from the root down. */
export function ancestors(path: string): string[] {
  const parts = path.split("/").slice(1, -1);
  return ["/", ...parts.map((_, index) => `/${parts.slice(0, index + 1).join("/")}`)];
}

async function infoOf(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch {
    // Whatever keeps us from looking keeps the service from reading.
    return undefined;
  }
}
