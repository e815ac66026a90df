// SPDX-License-Identifier: MIT

import { keyPositions } from "./key_positions.ts";
import { isTable, merge } from "./merge.ts";
import { decodeUtf8, parseToml, type Table, type Value } from "./toml.ts";

/** Where a service's configuration stands. */
export interface ConfigPaths {
  /** The main file, such as `/etc/aziot/keyd/config.toml`. It may be missing. */
  file: string;
  /** The directory of further files, such as `/etc/aziot/keyd/config.d`. It may be missing. */
  directory: string;
}

/** One file of a configuration. */
export interface Layer {
  path: string;
  text: string;
  document: Table;
}

/** A configuration as it is read, before any schema. */
export interface RawConfig {
  /** The files in the order in which they were merged. */
  layers: Layer[];
  document: Table;
}

/**
 * Reads the main file and the files of the directory, in byte order of their names, and merges
 * them. Of the directory only regular files named `*.toml` count: no links, no `.toml`.
 * Throws when a file that is there cannot be read or understood; the message names it.
 */
export async function readConfig(paths: ConfigPaths): Promise<RawConfig> {
  const files = [paths.file, ...await filesOf(paths.directory)];
  const layers = (await Promise.all(files.map(readLayer))).filter((layer) => layer !== undefined);
  const empty: Table = Object.create(null);
  return {
    layers,
    document: layers.reduce((merged, { document }) => merge(merged, document), empty),
  };
}

async function filesOf(directory: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { isFile, name } of Deno.readDir(directory)) {
      if (isFile && name.endsWith(".toml") && name !== ".toml") names.push(name);
    }
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return [];
    throw new Error(`could not read config from ${directory}`, { cause });
  }
  return names.sort(byBytes).map((name) => `${directory}/${name}`);
}

/** Order of the UTF-8 encodings, which is the order of code points and not that of `<`. */
function byBytes(a: string, b: string): number {
  const left = Array.from(a, (character) => character.codePointAt(0) ?? 0);
  const right = Array.from(b, (character) => character.codePointAt(0) ?? 0);
  const differs = left.findIndex((code, index) => code !== right[index]);
  return differs < 0 ? left.length - right.length : (left[differs] ?? 0) - (right[differs] ?? -1);
}

async function readLayer(path: string): Promise<Layer | undefined> {
  try {
    const text = decodeUtf8(await Deno.readFile(path));
    return { path, text, document: parseToml(text) };
  } catch (cause) {
    // Also a file of the directory may be gone by now: then it counts as removed.
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw new Error(`could not read config from ${path}`, { cause });
  }
}

/**
 * File and line that a setting most likely comes from: the last file that has it, which is the
 * one that wins. `undefined` when no file has any of it.
 */
export function originOf(
  layers: readonly Layer[],
  path: readonly (string | number)[],
): string | undefined {
  for (let length = path.length; length > 0; length--) {
    const part = path.slice(0, length);
    for (const [index, layer] of [...layers.entries()].reverse()) {
      const own = pathWithin(layers.slice(0, index), layer, part);
      if (own === undefined) continue;
      const at = keyPositions(layer.text).get(own);
      return at === undefined ? layer.path : `${layer.path} line ${at.line}`;
    }
  }
  return undefined;
}

/** The path of a setting in one file: items of earlier files come before its own in each list. */
function pathWithin(
  earlier: readonly Layer[],
  layer: Layer,
  path: readonly (string | number)[],
): (string | number)[] | undefined {
  const own: (string | number)[] = [];
  for (const part of path) {
    const before = typeof part === "number"
      ? earlier.reduce((count, { document }) => count + lengthOf(valueAt(document, own)), 0)
      : 0;
    own.push(typeof part === "number" ? part - before : part);
    if (valueAt(layer.document, own) === undefined) return undefined;
  }
  return own;
}

const lengthOf = (value: Value | undefined): number => Array.isArray(value) ? value.length : 0;

function valueAt(document: Table, path: readonly (string | number)[]): Value | undefined {
  let value: Value | undefined = document;
  for (const part of path) {
    if (typeof part === "number") value = Array.isArray(value) ? value[part] : undefined;
    else value = isTable(value) ? value[part] : undefined;
  }
  return value;
}
