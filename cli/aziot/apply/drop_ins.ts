// SPDX-License-Identifier: MIT

import { isTable } from "../../../services/config/merge.ts";
import { parseToml, type Table } from "../../../services/config/toml.ts";
import type { Place } from "../place.ts";

const SERVICES = ["keyd", "certd", "identityd"] as const;

/** One `[[principal]]` of a file that an administrator added. */
export interface DropInPrincipal {
  /** As seen from here. */
  file: string;
  uid: number;
}

/** The principals of all files of `config.d` that this tool did not write. */
export async function dropInPrincipals(place: Place): Promise<DropInPrincipal[]> {
  const found: DropInPrincipal[] = [];
  for (const service of SERVICES) {
    const directory = place.at(`/etc/aziot/${service}/config.d`);
    for (const name of namesIn(directory)) {
      const file = `${directory}/${name}`;
      for (const uid of await principalUids(file)) found.push({ file, uid });
    }
  }
  return found;
}

/** A warning for each uid that belongs to no user, as after a user was made anew. */
export async function dropInWarnings(place: Place): Promise<string[]> {
  if (place.kind === "output") return [];
  const warnings: string[] = [];
  for (const { file, uid } of await dropInPrincipals(place)) {
    if (await place.userName(uid) !== undefined) continue;
    warnings.push(
      `${file}: no user has the uid ${uid} of a [[principal]]: correct it or remove it`,
    );
  }
  return warnings;
}

function namesIn(directory: string): string[] {
  try {
    return [...Deno.readDirSync(directory)]
      .filter(({ isFile, name }) => isFile && /.\.toml$/.test(name))
      .map(({ name }) => name)
      .filter((name) => name !== "00-super.toml")
      .sort();
  } catch {
    // Not made yet, or closed to this caller, who then cannot apply either.
    return [];
  }
}

/** The uids of all principals of a file, in their order; of a broken file none. */
export async function principalUids(file: string): Promise<number[]> {
  let document: Table;
  try {
    document = parseToml(await Deno.readTextFile(file));
  } catch {
    // Its service says what is wrong with it.
    return [];
  }
  const { principal } = document;
  const principals = Array.isArray(principal) ? principal : [];
  return principals.flatMap((entry) =>
    isTable(entry) && typeof entry.uid === "number" ? [entry.uid] : []
  );
}
