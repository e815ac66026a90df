// SPDX-License-Identifier: MIT

import { carryOut } from "./apply/carry_out.ts";
import { edgeConfig } from "./apply/edge_guard.ts";
import { plan } from "./apply/plan.ts";
import { preview } from "./apply/preview.ts";
import { alone, interruptedWarning, undoInterrupted } from "./apply/recovery.ts";
import { CliError, EXIT } from "./errors.ts";
import { isThere, SUPER_CONFIG } from "./files.ts";
import type { Machine } from "./machine.ts";
import { type Place, placeOf, type PlaceOptions } from "./place.ts";
import type { Decoded } from "./super_config/decode.ts";
import { readSuperConfig } from "./super_config/read.ts";
import { INLINE_KEY_PATH } from "./super_config/service_configs.ts";
import { enableIdentityService, restartServices } from "./system/units.ts";

/** Options of `config apply`. */
export interface ConfigApplyOptions extends PlaceOptions {
  config?: string;
  dryRun?: boolean;
  /** False: the services are left as they are. */
  restart?: boolean;
  force?: boolean;
}

/** Splits the super-config over the services and restarts them. */
export async function configApply(options: ConfigApplyOptions, machine: Machine): Promise<void> {
  const place = placeOf(options, machine);
  if (place.kind === "live" && machine.uid !== 0 && !options.dryRun) {
    throw new Error("this command must be run as root");
  }
  const decoded = await readSuperConfig(await inputPath(options, place));
  await apply(decoded, options, place, machine);
}

/** Applies a super-config that has been read. Answers the warnings, which are on stderr too. */
export async function apply(
  decoded: Decoded,
  options: ConfigApplyOptions,
  place: Place,
  machine: Machine,
): Promise<string[]> {
  const edge = options.force ? undefined : await edgeConfig(place);
  if (edge !== undefined) {
    throw new CliError(
      `${edge} exists, so this device runs IoT Edge: run \`iotedge config apply\` instead, which ` +
        "also writes what its modules need (--force writes without it)",
      EXIT.failure,
    );
  }

  if (options.dryRun) return await show(decoded, place, machine);

  // Planned once what an interrupted run changed is undone: the plan looks at the files.
  const planned = await alone(place, async () => {
    await undoInterrupted(place, machine);
    const planned = await plan(decoded, place, machine);
    for (const warning of planned.warnings) machine.err(`warning: ${warning}\n`);
    return { ...planned, ...await carryOut(planned, place) };
  });
  if (planned.deviceKey) {
    machine.out(`Note: the symmetric key is in ${place.at(INLINE_KEY_PATH)}\n`);
  }
  for (const note of planned.notes) machine.out(`Note: ${note}\n`);
  for (const path of planned.unchanged) machine.out(`unchanged: ${path}\n`);
  machine.out("Azure IoT Identity Service has been configured successfully!\n");
  if (place.kind === "live" && options.restart !== false) await restart(machine);
  return planned.warnings;
}

/** Shows what an apply would do; answers the warnings, which are on stderr too. */
async function show(decoded: Decoded, place: Place, machine: Machine): Promise<string[]> {
  const planned = await plan(decoded, withUnknownUsers(place, machine), machine);
  const warnings = [...await interruptedWarning(place), ...planned.warnings];
  for (const warning of warnings) machine.err(`warning: ${warning}\n`);
  for (const note of planned.notes) machine.out(`# Note: ${note}\n\n`);
  machine.out(await preview(planned));
  return warnings;
}

async function restart(machine: Machine): Promise<void> {
  machine.out("\nRestarting the services, so that they use the configuration...\n");
  const isEnabled = await enableIdentityService(machine);
  const isRunning = await restartServices(machine);
  if (!isEnabled || !isRunning) {
    throw new Error("the configuration is written, but not every service could be restarted");
  }
  machine.out("Done.\n");
}

/** Relative to the working directory; below the root of a tree; else where the tool writes it. */
async function inputPath({ config }: ConfigApplyOptions, place: Place): Promise<string> {
  if (config !== undefined) {
    return place.kind === "root" && config.startsWith("/") ? place.at(config) : config;
  }
  const own = place.at(SUPER_CONFIG);
  return place.kind === "output" && !await isThere(own) ? SUPER_CONFIG : own;
}

/** A preview needs no users; those that are missing show as 0. */
function withUnknownUsers(place: Place, machine: Machine): Place {
  return {
    ...place,
    user: async (name) => {
      const user = await place.user(name);
      if (user !== undefined || name === "aziottpm") return user;
      machine.err(`warning: there is no user ${name}: its uid is shown as 0\n`);
      return { uid: 0, gid: 0, groups: [0] };
    },
  };
}
