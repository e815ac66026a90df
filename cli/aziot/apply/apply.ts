// SPDX-License-Identifier: MIT

import { parseToml } from "../../../services/config/toml.ts";
import { removeFile, removeLeftovers } from "../../../services/storage/replace_file.ts";
import type { Machine, User } from "../machine.ts";
import type { Place } from "../place.ts";
import type { Decoded } from "../super_config/decode.ts";
import { type Documents, documentsOf } from "../super_config/documents.ts";
import { mapSuperConfig } from "../super_config/map.ts";
import { INLINE_KEY_PATH } from "../super_config/service_configs.ts";
import { writeToml } from "../super_config/write_toml.ts";
import { checkFiles } from "./check_files.ts";
import { giveSecretsDirectory, MadeDirectories } from "./directories.ts";
import { type ServiceUsers, serviceUsers } from "./service_users.ts";
import { requireTpmService, unusedTpmSettings } from "./tpm_service.ts";
import { type Output, writeOutputs } from "./write_outputs.ts";

/** What a super-config makes of a system, before anything is written. */
export interface Plan {
  documents: Documents;
  /** The document of each service that is written, the Identity Service's last. */
  files: { service: keyof Documents; path: string; text: string; user: User }[];
  deviceKey: Uint8Array | undefined;
  warnings: string[];
  users: ServiceUsers;
}

/** Where the generated part of a service's configuration stands. */
export function generatedFile(service: string): string {
  return `/etc/aziot/${service}/config.d/00-super.toml`;
}

const HEADER = `# Made by \`aziot config apply\` from the system configuration.
# Do not edit: the next run writes it again and your changes are lost.

`;

/** Works out all that a super-config leads to. Changes nothing. */
export async function plan(
  { config, warnings }: Decoded,
  place: Place,
  machine: Machine,
): Promise<Plan> {
  const users = await serviceUsers(place);
  await requireTpmService(config, place, machine);
  const configs = mapSuperConfig(config, {
    hostname: machine.hostname(),
    certdUid: users.certd.uid,
    identitydUid: users.identityd.uid,
  });
  const documents = documentsOf(configs);
  const file = (service: keyof Documents, user: User | undefined) =>
    user === undefined ? [] : [{
      service,
      path: place.at(generatedFile(service)),
      text: HEADER + writeToml(documents[service]),
      user,
    }];
  return {
    documents,
    files: [
      ...file("keyd", users.keyd),
      ...file("certd", users.certd),
      ...file("tpmd", users.tpmd),
      ...file("identityd", users.identityd),
    ],
    deviceKey: configs.deviceKey,
    warnings: [
      ...warnings,
      ...configs.warnings,
      ...unusedTpmSettings(config, users),
      ...await checkFiles(configs, users, place),
    ],
    users,
  };
}

/** Writes what a plan says: all of it, or on an error nothing. Answers the changed files. */
export async function carryOut(
  { files, deviceKey, users }: Plan,
  place: Place,
): Promise<{ changed: string[]; unchanged: string[] }> {
  const ownerOf = (user: User) => place.canChown ? { uid: user.uid, gid: user.gid } : undefined;
  const keyPath = place.at(INLINE_KEY_PATH);
  const usedKey = await previousKeyUse(place);

  const outputs: Output[] = files.map(({ path, text, user }) => ({
    path,
    bytes: new TextEncoder().encode(text),
    owner: ownerOf(user),
  }));
  // The key comes first: a Keys Service that starts in between must find what it is told to use.
  if (deviceKey) {
    outputs.unshift({ path: keyPath, bytes: deviceKey, owner: ownerOf(users.keyd) });
  }

  const directories = new MadeDirectories();
  try {
    for (const { path, owner } of outputs) {
      await directories.ensurePrivate(directoryOf(path), owner);
    }
    // Not beside the key: there the Keys Service may be in the middle of a write of its own.
    for (const { path } of files) await removeLeftovers(directoryOf(path));
    if (deviceKey && place.canChown) {
      await giveSecretsDirectory(directoryOf(keyPath), users.keyd, place.at(""));
    }
    const written = await writeOutputs(outputs);
    if (usedKey && !deviceKey) await removeFile(keyPath);
    return written;
  } catch (error) {
    await directories.undo();
    throw error;
  }
}

/** Whether the configuration in force uses the inline key: then the key's file is this tool's. */
async function previousKeyUse(place: Place): Promise<boolean> {
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

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
