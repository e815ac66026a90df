// SPDX-License-Identifier: MIT

import * as v from "valibot";
import type { Log } from "../log/log.ts";
import { checkShape } from "./check_shape.ts";
import { keysOf } from "./known_keys.ts";
import { type ConfigPaths, originOf, type RawConfig, readConfig } from "./read.ts";
import { explain, type Refusal } from "./settings.ts";
import { unknownKeyMessage, unknownKeys } from "./unknown_keys.ts";

export type { ConfigPaths } from "./read.ts";

/**
 * A configuration that cannot be used. The message is always `could not read config`; the causes
 * say which file or setting and why. Daemons print the chain as it is and end with exit code 1.
 */
export class ConfigError extends Error {
  constructor(cause: unknown) {
    super("could not read config", { cause });
    this.name = "ConfigError";
  }
}

/**
 * Reads a service's configuration: main file and directory merged, checked by `schema`. Each key
 * that the schema does not know gets one warning with file, line and what may have been meant.
 * Integers come as numbers; for their ranges see `settings.ts`. Throws {@link ConfigError}.
 */
export async function load<S extends v.GenericSchema>(
  paths: ConfigPaths,
  schema: S,
  log: Log,
): Promise<v.InferOutput<S>> {
  let raw: RawConfig;
  try {
    raw = await readConfig(paths);
  } catch (cause) {
    throw new ConfigError(cause);
  }

  const misshapen = checkShape(schema, raw.document);
  if (misshapen) throw schemaError(misshapen, raw, paths);
  const parsed = v.safeParse(schema, raw.document, { abortEarly: true });
  if (!parsed.success) throw schemaError(explain(parsed.issues[0]), raw, paths);

  for (const key of unknownKeys(raw.document, keysOf(schema))) {
    const origin = originOf(raw.layers, key.path) ?? paths.file;
    log.warn(`${origin}: ${unknownKeyMessage(key)}`);
  }
  return parsed.output;
}

function schemaError({ reason, path }: Refusal, raw: RawConfig, paths: ConfigPaths): ConfigError {
  const names = path.filter((part) => typeof part === "string");
  const place = names.length > 0 ? ` in \`${names.join(".")}\`` : "";
  const origin = originOf(raw.layers, path) ?? `${paths.file} and ${paths.directory}/*.toml`;
  const detail = new Error(`${reason}${place} (${origin})`);
  return new ConfigError(new Error("could not read config", { cause: detail }));
}
