// SPDX-License-Identifier: MIT

/** Certificates by id: where each one is, and how its text is read, written and deleted. */

import type { Log } from "../log/log.ts";
import { BundleReader } from "./bundle.ts";
import { type Answer, CertificateFiles } from "./certificate_files.ts";
import { FileNames } from "./file_name.ts";
import type { Places, Preloaded } from "./preloaded.ts";
import { OwnDirectories } from "./own_directories.ts";
import { fileError } from "./regular_file.ts";
import { Turns } from "./turns.ts";

/** Where certificates are kept. */
export interface StoreOptions {
  /** The directory of those that the configuration gives no place; made with the first of them. */
  readonly directory: string;
  /** The service's home and configuration: no link of a preloaded path may lead into them. */
  readonly own: readonly string[];
  /** The places that the configuration gives now. */
  places(): Places;
  readonly log: Log;
}

/** Reads never wait for writes: a file is replaced in one step. */
export class Store {
  readonly #names = new FileNames();
  readonly #files: CertificateFiles;
  readonly #turns = new Turns();
  readonly #bundles: BundleReader;

  constructor(readonly options: StoreOptions) {
    this.#files = new CertificateFiles(undefined, new OwnDirectories(options.own));
    this.#bundles = new BundleReader((id, places) => this.#readFile(id, places), options.log);
  }

  /** The PEM text of an id, or of all that its bundle names; `undefined`: there is none. */
  read(id: string): Answer<string | undefined> {
    const places = this.options.places();
    return places.get(id)?.kind === "bundle"
      ? this.#bundles.read(id, places)
      : this.#readFile(id, places);
  }

  /** Writes the PEM text of an id, after earlier changes of the same id. */
  async write(id: string, pem: string): Promise<void> {
    await this.#turns.take(id, async () => {
      const places = this.options.places();
      const path = await this.#path(id, places);
      if (places.has(id)) this.#warn(id, "writes", path);
      else await this.#makeDirectory();
      await this.#files.write(path, pem);
    });
  }

  /** Deletes the file of an id, after earlier changes of the same id; a missing one is fine. */
  async remove(id: string): Promise<void> {
    await this.#turns.take(id, async () => {
      const places = this.options.places();
      const path = await this.#path(id, places);
      if (places.has(id)) this.#warn(id, "deletes", path);
      await this.#files.remove(path);
    });
  }

  /** The text of an id that is no bundle. */
  #readFile(id: string, places: Places): Answer<string | undefined> {
    const path = this.#path(id, places);
    return typeof path === "string"
      ? this.#files.read(path)
      : path.then((path) => this.#files.read(path));
  }

  /** Throws for an id whose certificates are not in one file. */
  #path(id: string, places: Places): Answer<string> {
    const place = places.get(id);
    if (place?.kind === "file") return place.path;
    if (place !== undefined) throw noPath(id, place);
    const { directory } = this.options;
    const name = this.#names.of(id);
    return typeof name === "string"
      ? `${directory}/${name}`
      : name.then((name) => `${directory}/${name}`);
  }

  async #makeDirectory(): Promise<void> {
    const { directory } = this.options;
    try {
      await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
    } catch (cause) {
      throw fileError("make the directory", directory, cause);
    }
  }

  #warn(id: string, does: string, path: string): void {
    this.options.log.warn(`a request ${does} the preloaded cert "${id}", the file ${path}`);
  }
}

function noPath(id: string, place: Exclude<Preloaded, { kind: "file" }>): Error {
  const reason = place.kind === "bundle"
    ? "is a list of IDs, not a single URI"
    : `does not have a valid URI: ${place.reason}`;
  return new Error("could not get file path corresponding to cert ID", {
    cause: new Error(`preloaded cert "${id}" ${reason}`),
  });
}
