// SPDX-License-Identifier: MIT

import type { KnownKeys } from "../../../services/config/known_keys.ts";
import { type Setting, SHAPES, TABLES } from "./reference.ts";

/** The Module Runtime's keys stand in the same file and are checked by its own tool. */
const EDGE_KEYS = [
  "trust_bundle_cert",
  "allow_elevated_docker_permissions",
  "auto_reprovisioning_mode",
  "imported_master_encryption_key",
  "additional_info",
];

const EDGE_TABLES = [
  "iotedge_max_requests",
  "agent",
  "connect",
  "listen",
  "watchdog",
  "edge_ca",
  "moby_runtime",
  "image_garbage_collection",
];

/** Every key that the super-config may have, in whatever variant. */
export const KNOWN_KEYS: KnownKeys = knownKeys();

function knownKeys(): KnownKeys {
  const known: KnownKeys = {};
  for (const { path, settings, free } of TABLES) {
    const table = tableAt(known, path);
    addSettings(table, settings);
    if (free !== undefined) table["*"] = {};
  }
  for (const key of EDGE_KEYS) known[key] = {};
  // The services' sockets are for development runs, in files of their own.
  for (const key of [...EDGE_TABLES, "endpoints"]) known[key] = { "**": {} };
  return known;
}

function tableAt(known: KnownKeys, path: string): KnownKeys {
  let table = known;
  for (const key of path === "" ? [] : path.split(".")) table = table[key] ??= {};
  return table;
}

function addSettings(table: KnownKeys, settings: readonly Setting[]): void {
  for (const { key, shape, type } of settings) {
    // A shape without a key stands in the table itself.
    const own = key === "" ? table : table[key] ??= {};
    if (shape !== undefined) addSettings(own, SHAPES[shape].settings);
    if (type === "table of strings") own["*"] = {};
  }
}
