// SPDX-License-Identifier: MIT

import type { Machine } from "../machine.ts";
import type { Context } from "./context.ts";
import { disks } from "./disks.ts";
import type { Json } from "./outcome.ts";
import { sizeText } from "./size_text.ts";

/** What reports in JSON tell of the machine, so that it need not be asked for. */
export async function machineInformation(context: Context): Promise<{ [key: string]: Json }> {
  const { machine } = context;
  const provisioning = (await context.identityd())?.provisioning;
  const hub = provisioning?.source === "manual" ? provisioning.iothub_hostname : undefined;
  const parent = provisioning?.local_gateway_hostname;
  return {
    dmi: {
      product: await dmi("product-name", machine),
      vendor: await dmi("system-vendor", machine),
    },
    ...hub === undefined ? {} : { iothub_hostname: hub },
    ...parent === undefined ? {} : { local_gateway_hostname: parent },
    now: machine.now().toISOString(),
    os: { ...await osRelease(machine), arch: Deno.build.arch, bitness: 64 },
    system_info: { disks: await disks(machine), ...memory() },
  };
}

async function dmi(
  which: "product-name" | "system-vendor",
  machine: Machine,
): Promise<string | null> {
  try {
    return (await machine.readInfo(which))?.trim() ?? null;
  } catch {
    // Not every machine lets it be read.
    return null;
  }
}

const OS_KEYS = ["id", "version_id", "variant_id", "build_id"];

async function osRelease(machine: Machine): Promise<{ [key: string]: Json }> {
  const found: { [key: string]: Json } = {};
  for (const line of (await osReleaseText(machine)).split("\n")) {
    const [, name = "", value = ""] = /^([A-Z_]+)=(.*)$/.exec(line.trim()) ?? [];
    const key = name.toLowerCase();
    if (OS_KEYS.includes(key)) found[key] = value.replace(/^(["'])(.*)\1$/, "$2");
  }
  return found;
}

async function osReleaseText(machine: Machine): Promise<string> {
  for (const path of ["/etc/os-release", "/usr/lib/os-release"]) {
    try {
      return await Deno.readTextFile(machine.at(path));
    } catch {
      // Either may be missing, and the report goes without.
    }
  }
  return "";
}

function memory(): { [key: string]: Json } {
  const { total, available, swapTotal, swapFree } = Deno.systemMemoryInfo();
  return {
    total_ram: sizeText(total),
    used_ram: sizeText(total - available),
    total_swap: sizeText(swapTotal),
    used_swap: sizeText(swapTotal - swapFree),
  };
}
