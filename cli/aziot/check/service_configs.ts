// SPDX-License-Identifier: MIT

import type { GenericSchema, InferOutput } from "valibot";
import {
  type Config as CertdConfig,
  configSchema as certdSchema,
} from "../../../services/certd/config.ts";
import { load } from "../../../services/config/load.ts";
import {
  type Config as IdentitydConfig,
  configSchema as identitydSchema,
  validate,
} from "../../../services/identityd/config.ts";
import {
  type Config as KeydConfig,
  configSchema as keydSchema,
} from "../../../services/keyd/config.ts";
import { SILENT } from "../../../services/log/log.ts";
import type { Machine } from "../machine.ts";
import { configPaths, type Service } from "../service_paths.ts";
import { tpmdSchema } from "./tpmd_schema.ts";

/** Reads keyd's configuration with keyd's own schema. Throws `ConfigError`, as keyd would. */
export function loadKeyd(machine: Machine): Promise<KeydConfig> {
  return loadAs("keyd", keydSchema, machine);
}

/** The same for certd. */
export function loadCertd(machine: Machine): Promise<CertdConfig> {
  return loadAs("certd", certdSchema, machine);
}

/** The same for identityd; throws its `SettingsError`, too. */
export async function loadIdentityd(machine: Machine): Promise<IdentitydConfig> {
  const config = await loadAs("identityd", identitydSchema, machine);
  validate(config);
  return config;
}

/** The same for a TPM service beside ours. */
export function loadTpmd(machine: Machine): Promise<unknown> {
  return loadAs("tpmd", tpmdSchema, machine);
}

/** The settings that identityd last ran with; `home` is its home, absent: the usual one. */
export function loadPrevious(
  home: string | undefined,
  machine: Machine,
): Promise<IdentitydConfig> {
  const directory = home ?? "/var/lib/aziot/identityd";
  const file = `${machine.at(directory)}/prev_state`;
  return load({ file, directory: `${file}.d` }, identitydSchema, SILENT);
}

function loadAs<S extends GenericSchema>(
  service: Service,
  schema: S,
  machine: Machine,
): Promise<InferOutput<S>> {
  return load(configPaths(service, machine), schema, SILENT);
}
