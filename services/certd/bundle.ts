// SPDX-License-Identifier: MIT

/** The certificates of several ids in one text. */

import type { Log } from "../log/log.ts";
import type { Answer } from "./certificate_files.ts";
import type { Places } from "./preloaded.ts";
import { FILE_LIMIT } from "./regular_file.ts";

/** How many bundles may stand in each other. */
const MAX_DEPTH = 16;

/** How many members one bundle may come to, over all bundles in it. */
const MAX_MEMBERS = 1000;

/** What one read has come to. */
interface Reading {
  /** The bundle that was asked for. */
  readonly id: string;
  readonly places: Places;
  text: string;
  members: number;
}

/** Reads bundles. What is wrong with one is warned about once for each configuration. */
export class BundleReader {
  #warned = new Set<string>();
  #warnedFor: Places | undefined;

  /** `readFile`: the text of an id that is no bundle. */
  constructor(
    readonly readFile: (id: string, places: Places) => Answer<string | undefined>,
    readonly log: Log,
  ) {}

  /**
   * The texts of all members in their order, each on lines of its own; members that do not exist
   * are skipped, and so are bundles that contain themselves. `undefined`: nothing at all was found.
   * Throws when a member cannot be read.
   */
  async read(id: string, places: Places): Promise<string | undefined> {
    const reading: Reading = { id, places, text: "", members: 0 };
    await this.#add(id, [], reading);
    return reading.text === "" ? undefined : reading.text;
  }

  async #add(id: string, around: readonly string[], reading: Reading): Promise<void> {
    const { places } = reading;
    const place = places.get(id);
    if (place?.kind !== "bundle") return append(reading, await this.readFile(id, places) ?? "");

    const path = [...around, id];
    if (around.includes(id)) return this.#warn("contains itself", path, places);
    if (path.length > MAX_DEPTH) return this.#warn("is too deep in others", path, places);
    for (const member of place.ids) {
      if (++reading.members > MAX_MEMBERS) throw tooLarge(reading, `${MAX_MEMBERS} members`);
      await this.#add(member, path, reading);
    }
  }

  #warn(problem: string, path: readonly string[], places: Places): void {
    if (places !== this.#warnedFor) {
      this.#warnedFor = places;
      this.#warned = new Set();
    }
    const message = `the bundle "${path.at(-1)}" ${problem} and is skipped: ${path.join(" > ")}`;
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.log.warn(message);
  }
}

function append(reading: Reading, text: string): void {
  const isApart = reading.text === "" || text === "" || reading.text.endsWith("\n");
  reading.text += isApart ? text : `\n${text}`;
  if (reading.text.length > FILE_LIMIT) throw tooLarge(reading, `${FILE_LIMIT} characters`);
}

function tooLarge({ id }: Reading, limit: string): Error {
  return new Error(`the bundle "${id}" has more than ${limit}`);
}
