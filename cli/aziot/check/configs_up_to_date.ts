// SPDX-License-Identifier: MIT

import { edgeConfig } from "../apply/edge_guard.ts";
import { generatedFile } from "../apply/generated_file.ts";
import { SUPER_CONFIG } from "../files.ts";
import type { Machine } from "../machine.ts";
import { placeOf } from "../place.ts";
import { isInstalled, TPM_SOCKET } from "../system/installed_units.ts";
import type { Check } from "./check.ts";
import { type Finding, IGNORED, OK, warning } from "./outcome.ts";

/** Whether the configuration was applied since it was last changed. */
export const CONFIGS_UP_TO_DATE: Check = {
  id: "configs-up-to-date",
  description: "daemon configurations up-to-date with config.toml",
  run: async ({ machine }) => {
    const changed = await timeOf(machine.at(SUPER_CONFIG));
    if (changed === undefined) return IGNORED;
    const services = ["keyd", "certd", "identityd"];
    if (await isInstalled(machine, TPM_SOCKET)) services.push("tpmd");
    for (const service of services) {
      const finding = await look(service, changed, machine);
      if (finding) return finding;
    }
    return OK;
  },
};

async function look(
  service: string,
  changed: number,
  machine: Machine,
): Promise<Finding | undefined> {
  const program = await edgeConfig(placeOf({}, machine)) === undefined ? "aziot" : "iotedge";
  const applied = await timeOf(machine.at(generatedFile(service)));
  if (applied === undefined) {
    return warning(
      `${generatedFile(service)} does not exist.`,
      `Did you run '${program} config apply'?`,
    );
  }
  if (changed <= applied) return undefined;
  return warning(
    `${SUPER_CONFIG} was modified after ${service}'s config`,
    `You must run '${program} config apply' to update ${service}'s config with the latest ` +
      "config.toml",
  );
}

async function timeOf(path: string): Promise<number | undefined> {
  try {
    return (await Deno.stat(path)).mtime?.getTime();
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw new Error(`could not look at ${path}`, { cause });
  }
}
