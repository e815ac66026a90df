// SPDX-License-Identifier: MIT

import type { Machine } from "../machine.ts";
import type { Json } from "./outcome.ts";
import { sizeText } from "./size_text.ts";

/** The mounted file systems that are on disks, or on other such file systems. */
export async function disks(machine: Machine): Promise<Json[]> {
  const found: Json[] = [];
  for (const { device, directory, type } of mounts(await machine.readInfo("mounts") ?? "")) {
    const space = await spaceAt(directory);
    if (space === undefined || space.total === 0) continue;
    found.push({
      name: device,
      percent_free: `${(space.available / space.total * 100).toFixed(1)}%`,
      available_space: sizeText(space.available),
      total_space: sizeText(space.total),
      file_system: type,
      // What tells it stands where this program may not read.
      file_type: "Unknown(-1)",
    });
  }
  return found;
}

interface Mount {
  device: string;
  directory: string;
  type: string;
}

/** Of fstab(5) lines those of real file systems, each device once. */
export function mounts(text: string): Mount[] {
  const found = new Map<string, Mount>();
  for (const line of text.split("\n")) {
    const [device = "", directory = "", type = ""] = line.split(" ").map(unescape);
    const isReal = device.startsWith("/dev/") || type === "overlay";
    const name = type === "overlay" ? directory : device;
    if (isReal && !found.has(name)) found.set(name, { device, directory, type });
  }
  return [...found.values()];
}

/** White space is written as its octal code. */
function unescape(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, code) => String.fromCharCode(parseInt(code, 8)));
}

async function spaceAt(
  directory: string,
): Promise<{ total: number; available: number } | undefined> {
  const { statfsSync } = await import("node:fs");
  try {
    const { blocks, bavail, bsize } = statfsSync(directory);
    return { total: blocks * bsize, available: bavail * bsize };
  } catch {
    // Hidden below another mount, or closed to this caller.
    return undefined;
  }
}
