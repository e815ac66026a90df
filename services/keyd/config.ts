// SPDX-License-Identifier: MIT

/**
 * What `/etc/aziot/keyd/config.toml` and the files of `config.d` may say.
 */

import * as v from "valibot";
import { u32, usize } from "../config/settings.ts";

/** A C string in the end: the keys library could not see what comes after a NUL. */
const text = () =>
  v.pipe(
    v.string(),
    v.check((value) => !value.includes("\0"), "a NUL character is not allowed here"),
  );

/** Schema of the merged configuration. */
export const configSchema = v.object({
  /** Connections a uid may have open at a time. */
  max_requests: v.optional(usize(), 10),
  /** Parameters of the keys library by name. */
  aziot_keys: v.optional(v.record(text(), text()), {}),
  /** Places of keys that somebody else made: `file:` or `pkcs11:` URI by key id. */
  preloaded_keys: v.optional(v.record(text(), text()), {}),
  /** Who may ask for which keys by id. */
  principal: v.optional(v.array(v.object({ uid: u32(), keys: v.array(v.string()) })), []),
  /** Read in development runs only, so nothing in it can be wrong. */
  endpoints: v.optional(v.unknown()),
});

/** The configuration as the daemon uses it. */
export type Config = v.InferOutput<typeof configSchema>;

/** Where the daemon listens when no socket is passed to it. */
export const DEFAULT_ENDPOINT = "unix:///run/aziot/keyd.sock";

const endpointsSchema = v.object({ aziot_keyd: v.optional(v.string(), DEFAULT_ENDPOINT) });

/** The configured endpoint, for development runs; throws if it is no text. */
export function developmentEndpoint(config: Config): string {
  const parsed = v.safeParse(endpointsSchema, config.endpoints ?? {});
  if (!parsed.success) throw new Error("endpoints.aziot_keyd is not a URI");
  return parsed.output.aziot_keyd;
}

/** One `set_parameter` call of the keys library. */
export type LibraryParameter = readonly [name: string, value: string];

/**
 * The calls that hand the configuration to the keys library: its own parameters before the places
 * of keys, each in byte order of the names.
 */
export function libraryParameters(config: Config): LibraryParameter[] {
  return [
    ...inByteOrder(config.aziot_keys),
    ...inByteOrder(config.preloaded_keys)
      .map(([id, uri]): LibraryParameter => [`preloaded_key:${id}`, uri]),
  ];
}

/**
 * Whether a call of the library may reach something other than a file: then any call may take
 * seconds.
 */
export function mayUseToken(config: Config): boolean {
  return Object.keys(config.aziot_keys).some((name) => name !== "homedir_path") ||
    Object.values(config.preloaded_keys).some((uri) => !uri.startsWith("file:"));
}

function inByteOrder(table: Record<string, string>): LibraryParameter[] {
  const key = (name: string) => new TextEncoder().encode(name).toHex();
  return Object.entries(table).sort(([a], [b]) => key(a) < key(b) ? -1 : 1);
}
