// SPDX-License-Identifier: MIT

import type { Machine, User } from "../machine.ts";
import type { Place } from "../place.ts";
import type { Decoded } from "../super_config/decode.ts";
import { type Documents, documentsOf } from "../super_config/documents.ts";
import { mapSuperConfig } from "../super_config/map.ts";
import { writeToml } from "../super_config/write_toml.ts";
import { proxyWarnings } from "../unit_proxies.ts";
import { certificateRemarks } from "./certificate_remarks.ts";
import { checkFiles } from "./check_files.ts";
import { dropInWarnings } from "./drop_ins.ts";
import { estUrlWarnings } from "./est_urls.ts";
import { generatedFile } from "./generated_file.ts";
import { type ServiceUsers, serviceUsers } from "./service_users.ts";
import { requireTpmService, unusedTpmSettings } from "./tpm_service.ts";

/** A generated document and the file that it becomes. */
export interface PlannedFile {
  service: keyof Documents;
  /** As seen from here. */
  path: string;
  text: string;
  user: User;
}

/** What a super-config makes of a system, before anything is written. */
export interface Plan {
  documents: Documents;
  /** The document of each service that is written, the Identity Service's last. */
  files: PlannedFile[];
  deviceKey: Uint8Array | undefined;
  warnings: string[];
  /** What is good to know and no reason to worry. */
  notes: string[];
  users: ServiceUsers;
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
  const file = (service: keyof Documents, user: User | undefined): PlannedFile[] =>
    user === undefined ? [] : [{
      service,
      path: place.entry(generatedFile(service)),
      text: HEADER + writeToml(documents[service]),
      user,
    }];
  const remarks = await certificateRemarks(configs, place, machine.now());
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
      ...estUrlWarnings(configs.certd),
      ...await checkFiles(configs, users, place),
      ...remarks.warnings,
      ...await dropInWarnings(place),
      ...place.kind === "live" ? await proxyWarnings(machine) : [],
    ],
    notes: remarks.notes,
    users,
  };
}
