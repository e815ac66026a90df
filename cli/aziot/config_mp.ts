// SPDX-License-Identifier: MIT

import { replaceFile } from "../../services/storage/replace_file.ts";
import { undoIfInterrupted } from "./apply/recovery.ts";
import { CliError, EXIT, UsageError } from "./errors.ts";
import { isThere, SUPER_CONFIG } from "./files.ts";
import type { Machine } from "./machine.ts";
import { type Place, placeOf, type PlaceOptions } from "./place.ts";
import { secretText } from "./secret_text.ts";
import { parseConnectionString } from "./super_config/connection_string.ts";
import { table } from "./super_config/documents.ts";
import { writeToml } from "./super_config/write_toml.ts";

/** Options of `config mp`. */
export interface ConfigMpOptions extends PlaceOptions {
  connectionString?: string;
  /** A file that holds the connection string; `-` is standard input. */
  connectionStringFile?: string;
  outConfigFile?: string;
  force?: boolean;
}

/** Writes the smallest super-config for a device with a connection string; applies nothing. */
export async function configMp(options: ConfigMpOptions, machine: Machine): Promise<void> {
  const { connectionString, connectionStringFile } = options;
  if ((connectionString === undefined) === (connectionStringFile === undefined)) {
    throw new UsageError("give one of --connection-string and --connection-string-file");
  }
  const place = placeOf(options, machine);
  const wanted = options.outConfigFile ?? SUPER_CONFIG;
  const { path, present } = superConfigFile(wanted, place);

  if (!options.force && await isThere(present)) {
    throw new CliError(alreadyConfigured(path, "config mp"), EXIT.failure);
  }
  const text = connectionString ?? await secretText(connectionStringFile ?? "-", machine);
  try {
    for (const note of parseConnectionString(text).notes) machine.err(`warning: ${note}\n`);
  } catch (error) {
    throw new Error(
      `invalid connection string: ${error instanceof Error ? error.message : error}`,
    );
  }

  await undoIfInterrupted(place, machine);
  await writeSuperConfig(path, superConfigText(text), place);
  machine.out(
    "Azure IoT Identity Service has been configured successfully!\n" +
      `The configuration has been written to ${path}\n` +
      "To apply the new configuration to services, run:\n\n" +
      `    ${applyCommand(options, wanted)}\n`,
  );
}

/** A super-config that the user named, as seen from here. */
export interface SuperConfigFile {
  /** What is replaced. */
  path: string;
  /** What is read: where a link there leads. */
  present: string;
}

/** A relative name is looked up from the working directory, an absolute one in the system. */
export function superConfigFile(wanted: string, place: Place): SuperConfigFile {
  if (!wanted.startsWith("/")) return { path: wanted, present: wanted };
  return { path: place.entry(wanted), present: place.at(wanted) };
}

/** Writes a super-config for its owner only; the error's first message names the file. */
export async function writeSuperConfig(path: string, text: string, place: Place): Promise<void> {
  try {
    // A system has its directories; in an output directory there may be nothing yet.
    if (place.kind === "output") await Deno.mkdir(directoryOf(path), { recursive: true });
    await replaceFile(path, new TextEncoder().encode(text), { mode: 0o600 });
  } catch (error) {
    const cause = error instanceof Error ? error.cause ?? error : error;
    throw new Error(`could not create ${path}`, { cause });
  }
}

function directoryOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : path.slice(0, slash) || "/";
}

function superConfigText(connectionString: string): string {
  return writeToml(table({
    prefer_module_identity_cache: false,
    provisioning: table({ source: "manual", connection_string: connectionString }),
    aziot_keys: table({}),
    preloaded_keys: table({}),
    cert_issuance: table({}),
    preloaded_certs: table({}),
    tpm: table({}),
  }));
}

/** What to say when `command` would overwrite a super-config. */
export function alreadyConfigured(path: string, command: "config mp" | "init"): string {
  return `File ${path} already exists. Azure IoT Identity Service has already been configured.

To have the configuration take effect, run:

    sudo aziot config apply

To reconfigure IoT Identity Service, run:

    sudo aziot ${command} --force
`;
}

/** The command that applies the super-config at `path` of the place that the options mean. */
export function applyCommand({ root, outputDir }: PlaceOptions, path: string): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  if (outputDir !== undefined) {
    return `aziot config apply --output-dir ${quoted(outputDir)} --uids ks=N,cs=N,id=N`;
  }
  if (root !== undefined) {
    return `sudo aziot config apply --root ${quoted(root)} -c ${quoted(path)}`;
  }
  return `sudo aziot config apply -c ${quoted(path)}`;
}
