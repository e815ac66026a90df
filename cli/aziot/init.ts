// SPDX-License-Identifier: MIT

import { replaceFile } from "../../services/storage/replace_file.ts";
import { edgeConfig } from "./apply/edge_guard.ts";
import { undoIfInterrupted } from "./apply/recovery.ts";
import { apply } from "./config_apply.ts";
import {
  alreadyConfigured,
  applyCommand,
  type SuperConfigFile,
  superConfigFile,
  writeSuperConfig,
} from "./config_mp.ts";
import { CliError, EXIT, SilentExit } from "./errors.ts";
import { isThere, SUPER_CONFIG } from "./files.ts";
import { Interrupted } from "./init/asker.ts";
import { collectAnswers } from "./init/collect_answers.ts";
import type { InitOptions } from "./init/options.ts";
import type { Machine } from "./machine.ts";
import { masked } from "./mask.ts";
import { type Place, placeOf } from "./place.ts";
import { parseSuperConfig } from "./super_config/read.ts";
import { writeToml } from "./super_config/write_toml.ts";

/** Writes a super-config from answers, on the command line or asked for, and applies it. */
export async function init(options: InitOptions, machine: Machine): Promise<void> {
  try {
    await run(options, machine);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    machine.err("\nInterrupted: nothing is written.\n");
    throw new SilentExit(EXIT.interrupted);
  }
}

async function run(options: InitOptions, machine: Machine): Promise<void> {
  const place = placeOf(options, machine);
  const isApplied = options.apply !== false && !options.dryRun;
  if (place.kind === "live" && isApplied && machine.uid !== 0) {
    throw new Error("this command must be run as root");
  }
  const wanted = options.out ?? SUPER_CONFIG;
  const file = superConfigFile(wanted, place);
  const { path } = file;
  if (!options.dryRun) await refuseConfigured(file, options, place);

  const warnings = await oldServiceConfigs(place);
  const answers = await collectAnswers(options, place, machine);
  warnings.push(...answers.warnings);
  const { document } = answers;
  if (options.dryRun) {
    for (const warning of warnings) machine.err(`warning: ${warning}\n`);
    machine.out(writeToml(masked(document)));
    return;
  }

  const header = `# Made by \`aziot init\` on ${machine.now().toISOString()}.\n\n`;
  const text = header + writeToml(document);
  const decoded = await parseSuperConfig(text, path);
  await undoIfInterrupted(place, machine);
  if (options.force) await keepCopy(file, machine.now());
  await writeSuperConfig(path, text, place);
  decoded.warnings.unshift(...warnings);

  // The one object of JSON output is all that stdout may have.
  const teller = options.output === "json" ? { ...machine, out: () => {} } : machine;
  teller.out(`The configuration has been written to ${path}\n`);
  if (!isApplied) { for (const warning of decoded.warnings) machine.err(`warning: ${warning}\n`); }
  const all = isApplied ? await applyIt(decoded, options, place, teller, path) : decoded.warnings;
  if (options.output === "json") {
    const result = { status: "configured", config: path, applied: isApplied, warnings: all };
    machine.out(`${JSON.stringify(result)}\n`);
  }
}

async function refuseConfigured(
  { path, present }: SuperConfigFile,
  options: InitOptions,
  place: Place,
): Promise<void> {
  if (!options.force && await isThere(present)) {
    throw new CliError(alreadyConfigured(path, "init"), EXIT.exists);
  }
  const edge = await edgeConfig(place);
  if (edge !== undefined) {
    throw new CliError(
      `${edge} exists, so this device runs IoT Edge: use \`iotedge init\` instead`,
      EXIT.exists,
    );
  }
}

/** Warnings about files that older tools left: they are merged below the new ones. */
async function oldServiceConfigs(place: Place): Promise<string[]> {
  const warnings: string[] = [];
  for (const service of place.kind === "output" ? [] : ["keyd", "certd", "identityd", "tpmd"]) {
    const path = place.at(`/etc/aziot/${service}/config.toml`);
    if (!await isThere(path)) continue;
    warnings.push(
      `${path} exists: what it says and the new configuration does not stays in force; remove it ` +
        "if an older tool wrote it",
    );
  }
  return warnings;
}

async function applyIt(
  decoded: Parameters<typeof apply>[0],
  options: InitOptions,
  place: Place,
  machine: Machine,
  path: string,
): Promise<string[]> {
  try {
    const { restart } = options;
    return await apply(decoded, restart === undefined ? {} : { restart }, place, machine);
  } catch (cause) {
    throw new Error(
      `${path} is written but could not be applied; once the reason below is gone run: ` +
        applyCommand(options, options.out ?? SUPER_CONFIG),
      { cause },
    );
  }
}

/** Keeps what `--force` replaces, readable by its owner only. */
async function keepCopy({ path, present }: SuperConfigFile, now: Date): Promise<void> {
  if (!await isThere(present)) return;
  const stamp = now.toISOString().replace(/[-:]|\.\d+/g, "");
  await replaceFile(`${path}.bak-${stamp}`, await Deno.readFile(present), { mode: 0o600 });
}
