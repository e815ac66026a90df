// SPDX-License-Identifier: MIT

/**
 * What a reconciliation has done so far, in the file `reconciliation` below the home directory, so
 * that one that failed or was killed does not make the same modules again. The existing product
 * knows no such file and does not mind it. It goes when the reconciliation has ended well and the
 * service's other files say what it has done.
 */

import * as v from "valibot";
import { parseJson } from "../http/parse_json.ts";
import type { Log } from "../log/log.ts";
import { removeFile, replaceFile } from "../storage/replace_file.ts";
import { type DeviceInfo, isSameDevice } from "./device_state.ts";

/** After how many modules the file is written again: a crash makes at most these anew. */
const BATCH = 10;

const schema = v.object({
  device: v.object({ hub: v.string(), gateway: v.string(), deviceId: v.string() }),
  /** Modules whose making has begun; their keys may not be ours. */
  begun: v.array(v.string()),
  /** Generations of the modules that were made; a record of valibot would lose some names. */
  done: v.custom<Record<string, string>>(isTableOfTexts),
});

function isTableOfTexts(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    Object.values(value).every((text) => typeof text === "string");
}

/** The progress of a reconciliation of one device. */
export class Progress {
  readonly #begun = new Set<string>();
  readonly #done = new Map<string, string>();
  #saved: Promise<void> = Promise.resolve();
  #isInFile: boolean | undefined;

  private constructor(
    readonly path: string,
    readonly device: DeviceInfo,
    readonly log: Log,
  ) {}

  /** Starts from nothing. */
  static none(home: string, device: DeviceInfo, log: Log): Progress {
    return new Progress(`${home}/reconciliation`, device, log);
  }

  /** Goes on where the last reconciliation of the same device has stopped, if it did. */
  static async resume(home: string, device: DeviceInfo, log: Log): Promise<Progress> {
    const progress = Progress.none(home, device, log);
    try {
      const kept = v.parse(schema, parseJson(await Deno.readTextFile(progress.path)));
      if (!isSameDevice(kept.device, device)) return progress;
      for (const name of kept.begun) progress.#begun.add(name);
      for (const [name, generation] of Object.entries(kept.done)) {
        progress.#done.set(name, generation);
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) {
        log.warn(`${progress.path} is ignored: ${error instanceof Error ? error.message : error}`);
      }
    }
    return progress;
  }

  /** Whether exactly this generation of the module was made, keys included. */
  isDone(moduleId: string, generationId: string | undefined): boolean {
    return generationId !== undefined && this.#done.get(moduleId) === generationId;
  }

  /** Whether the making of the module was begun and not seen to its end. */
  isBegun(moduleId: string): boolean {
    return this.#begun.has(moduleId);
  }

  /** All modules whose making was begun, those that were made among them. */
  get names(): ReadonlySet<string> {
    return new Set([...this.#begun, ...this.#done.keys()]);
  }

  /**
   * Whether the file has what was done; `undefined`: it was not written, because nothing was done
   * or all is.
   */
  get isInFile(): boolean | undefined {
    return this.#isInFile;
  }

  /** To be called before modules are made. */
  async begin(moduleIds: readonly string[]): Promise<void> {
    for (const moduleId of moduleIds) this.#begun.add(moduleId);
    await this.save();
  }

  /** To be called when a module is made. */
  async done(moduleId: string, generationId: string): Promise<void> {
    this.#begun.delete(moduleId);
    this.#done.set(moduleId, generationId);
    if (this.#done.size % BATCH === 0) await this.save();
  }

  /** To be called when everything is done. */
  async finish(): Promise<void> {
    await removeFile(this.path);
    this.#isInFile = undefined;
  }

  /** Writes what was done so far; to be called when the work is given up. */
  save(): Promise<void> {
    // One after the other: of two writes at a time the older one might win.
    this.#saved = this.#saved.then(() => this.#write());
    return this.#saved;
  }

  async #write(): Promise<void> {
    const { hub, gateway, deviceId } = this.device;
    const content: v.InferOutput<typeof schema> = {
      device: { hub, gateway, deviceId },
      begun: [...this.#begun],
      done: Object.fromEntries(this.#done),
    };
    const bytes = new TextEncoder().encode(JSON.stringify(content));
    try {
      await replaceFile(this.path, bytes, { mode: 0o600 });
      this.#isInFile = true;
    } catch (error) {
      this.#isInFile = false;
      // Without it a crash makes a module anew; without the module its process has no identity.
      this.log.warn(error instanceof Error ? error.message : String(error));
    }
  }
}
