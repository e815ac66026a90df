// SPDX-License-Identifier: MIT

import { socketOf } from "../service_paths.ts";
import type { Check } from "./check.ts";
import type { Context } from "./context.ts";
import { type Remark, together } from "./outcome.ts";

/** As the socket units make them; members of the group may call. */
const SOCKETS = [
  ["keyd", "aziotks"],
  ["certd", "aziotcs"],
  ["identityd", "aziotid"],
] as const;

const MODE = 0o660;

/** Whether the sockets are open for those who are meant to call, and for nobody else. */
export const SOCKET_PERMISSIONS: Check = {
  id: "socket-permissions",
  description: "sockets of the daemons have their owners and modes",
  run: async (context) => {
    const remarks: Remark[] = [];
    for (const [service, name] of SOCKETS) {
      const path = await socketOf(service, context.machine);
      const problem = await problemOf(path, name, context);
      if (problem !== undefined) remarks.push({ kind: "warning", line: `${path} ${problem}` });
    }
    return together(remarks, "Run `aziot system restart`, which makes the sockets anew.");
  },
};

async function problemOf(
  path: string,
  name: string,
  context: Context,
): Promise<string | undefined> {
  let info: Deno.FileInfo;
  try {
    info = await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "does not exist";
    throw error;
  }
  if (!info.isSocket) return "is no socket";
  const { uid, gid } = await context.user(name);
  if (info.uid !== uid || info.gid !== gid) {
    return `belongs to ${info.uid}:${info.gid}, and ${name} is ${uid}:${gid}`;
  }
  const mode = (info.mode ?? 0) & 0o777;
  if (mode === MODE) return undefined;
  return `has the mode 0${mode.toString(8)} instead of 0${MODE.toString(8)}`;
}
