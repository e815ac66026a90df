// SPDX-License-Identifier: MIT

/**
 * Module identities as the hub last showed them, one small file each, so that they can be handed
 * out while the hub cannot be reached: `modules/<device>/<module>` below the home directory. No
 * file ever holds a key. The existing product reads and writes the same files.
 */

import * as v from "valibot";
import { parseJson } from "../http/parse_json.ts";
import type { Log } from "../log/log.ts";
import { removeFile, removeLeftovers, replaceFile } from "../storage/replace_file.ts";
import { isDiskFull } from "./disk_full.ts";

/** A module of a device as the hub's registry knows it. Ids keep their case. */
export interface HubModule {
  readonly moduleId: string;
  readonly deviceId: string;
  /** New whenever the module is created anew; part of what its keys are derived from. */
  readonly generationId?: string;
  readonly managedBy?: string;
}

/** What a backup is for: reaching the same device through another gateway changes nothing. */
export interface BackupOwner {
  readonly hub: string;
  readonly deviceId: string;
}

const text = new TextEncoder();

async function sha256(value: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", text.encode(value))).toHex();
}

/** The name of a device's directory. */
export async function directoryName({ hub, deviceId }: BackupOwner): Promise<string> {
  return `${await sha256(hub)}-${await sha256(deviceId)}`;
}

/** The name of a module's file: its letters and digits for people, its hash for the machine. */
export async function fileName(moduleId: string): Promise<string> {
  return `${moduleId.replace(/[^A-Za-z0-9]/g, "")}-${await sha256(moduleId)}`;
}

/** The content of a module's file. */
export function formatModule(module: HubModule): string {
  const { moduleId, managedBy, deviceId, generationId } = module;
  return JSON.stringify({ moduleId, managedBy, deviceId, generationId });
}

const moduleSchema = v.object({
  moduleId: v.string(),
  managedBy: v.nullish(v.string()),
  deviceId: v.string(),
  generationId: v.nullish(v.string()),
});

/** Reads a module from a file or an answer; `undefined` when it is none. */
export function moduleOf(value: unknown): HubModule | undefined {
  const { success, output } = v.safeParse(moduleSchema, value);
  if (!success) return undefined;
  const { moduleId, deviceId, generationId, managedBy } = output;
  return {
    moduleId,
    deviceId,
    ...typeof generationId === "string" ? { generationId } : {},
    ...typeof managedBy === "string" ? { managedBy } : {},
  };
}

/** Marks a moment; a module read from the hub since then may be older than what is kept. */
export type Epoch = number & { readonly epoch: unique symbol };

/**
 * The backups of one home directory. It has one writer at a time: mutations, which come one after
 * another, and reads, whose results are dropped when a mutation has written since they began.
 */
export class ModuleBackup {
  readonly #root: string;
  #epoch = 0;
  #writes: Promise<unknown> = Promise.resolve();
  /** Why the last write has failed, if it has. */
  #complaint: string | undefined;
  #shortages = 0;

  constructor(home: string, readonly log: Log) {
    this.#root = `${home}/modules`;
  }

  /** How often a write has failed because the disk is full. */
  get shortages(): number {
    return this.#shortages;
  }

  /**
   * Makes a place for a device's modules and removes those of any other: there is one device.
   * On a full disk the place is made with the first module.
   */
  async open(owner: BackupOwner): Promise<void> {
    await this.#inTurn(async () => {
      try {
        await this.prepare(owner);
      } catch (error) {
        if (!isDiskFull(error)) throw error;
        this.#failed(error);
      }
      await this.#removeOthers(await directoryName(owner));
      await removeLeftovers(await this.#directory(owner));
    });
  }

  /** Makes a place for a device that may become ours; the modules of the present one stay. */
  async prepare(owner: BackupOwner): Promise<void> {
    await Deno.mkdir(await this.#directory(owner), { recursive: true, mode: 0o700 });
  }

  /** Removes what is not `owner`'s, and of `owner` the modules that are not in `kept`. */
  async keepOnly(owner: BackupOwner | undefined, kept: ReadonlySet<string>): Promise<void> {
    this.#epoch++;
    await this.#inTurn(async () => {
      if (owner === undefined) return await this.#removeOthers(undefined);
      await this.#removeOthers(await directoryName(owner));
      const names = new Set(await Promise.all([...kept].map(fileName)));
      const directory = await this.#directory(owner);
      for await (const entry of Deno.readDir(directory)) {
        if (entry.isFile && !names.has(entry.name)) await removeFile(`${directory}/${entry.name}`);
      }
    });
  }

  /**
   * All modules of a device in the order of their ids. A file that makes no sense is skipped with
   * a warning. Throws when the directory cannot be read.
   */
  async list(owner: BackupOwner): Promise<HubModule[]> {
    const directory = await this.#directory(owner);
    const modules: HubModule[] = [];
    for await (const entry of Deno.readDir(directory)) {
      if (!entry.isFile || entry.name.startsWith(".")) continue;
      const module = await this.#read(`${directory}/${entry.name}`);
      if (module) modules.push(module);
    }
    return modules.sort((a, b) => a.moduleId < b.moduleId ? -1 : 1);
  }

  /** One module; `undefined` when there is no backup of it. */
  async get(owner: BackupOwner, moduleId: string): Promise<HubModule | undefined> {
    const module = await this.#read(await this.#path(owner, moduleId));
    return module?.moduleId === moduleId ? module : undefined;
  }

  /** The present moment, to be taken before a read asks the hub. */
  now(): Epoch {
    return this.#epoch as Epoch;
  }

  /** Keeps what a read got from the hub, unless something has changed since `epoch`. */
  async refresh(owner: BackupOwner, modules: readonly HubModule[], epoch: Epoch): Promise<void> {
    await this.#write(async () => {
      for (const module of modules) {
        if (this.#epoch !== epoch) return;
        await this.#store(owner, module);
      }
    });
  }

  /** Drops a module that a read has not found, unless something has changed since `epoch`. */
  async refreshMissing(owner: BackupOwner, moduleId: string, epoch: Epoch): Promise<void> {
    await this.#write(async () => {
      if (this.#epoch === epoch) await this.#remove(owner, moduleId);
    });
  }

  /** Keeps what a mutation got from the hub. */
  async store(owner: BackupOwner, module: HubModule): Promise<void> {
    this.#epoch++;
    await this.#write(() => this.#store(owner, module));
  }

  /** Drops a module that the hub has no more. */
  async drop(owner: BackupOwner, moduleId: string): Promise<void> {
    this.#epoch++;
    await this.#write(() => this.#remove(owner, moduleId));
  }

  /** One write at a time, in order. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#writes.then(work);
    this.#writes = done.catch(() => {});
    return done;
  }

  /** A write that, when it fails, costs a warning, never a request. */
  async #write(work: () => Promise<void>): Promise<void> {
    try {
      await this.#inTurn(work);
      this.#complaint = undefined;
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Callers poll: the same reason is worth one line until a write has worked again. */
  #failed(error: unknown): void {
    if (isDiskFull(error)) this.#shortages++;
    const reason = error instanceof Error ? error.message : String(error);
    if (reason !== this.#complaint) this.log.warn(reason);
    this.#complaint = reason;
  }

  async #store(owner: BackupOwner, module: HubModule): Promise<void> {
    const path = await this.#path(owner, module.moduleId);
    const content = formatModule(module);
    // Callers poll; the flash memory below need not know.
    if (await readIfThere(path) === content) return;
    // Somebody may have emptied the home directory under us.
    await this.prepare(owner);
    await replaceFile(path, text.encode(content), { mode: 0o600 });
  }

  async #remove(owner: BackupOwner, moduleId: string): Promise<void> {
    await removeFile(await this.#path(owner, moduleId));
  }

  async #read(path: string): Promise<HubModule | undefined> {
    try {
      const content = await readIfThere(path);
      if (content === undefined) return undefined;
      const module = moduleOf(parseJson(content));
      if (module) return module;
    } catch (error) {
      if (!(error instanceof SyntaxError)) {
        this.log.warn(`could not read ${path}: ${error instanceof Error ? error.message : error}`);
        return undefined;
      }
    }
    this.log.warn(`${path} is damaged and is skipped`);
    return undefined;
  }

  async #removeOthers(kept: string | undefined): Promise<void> {
    if (!await isDirectory(this.#root)) return;
    for await (const { name } of Deno.readDir(this.#root)) {
      if (name !== kept) await Deno.remove(`${this.#root}/${name}`, { recursive: true });
    }
  }

  async #directory(owner: BackupOwner): Promise<string> {
    return `${this.#root}/${await directoryName(owner)}`;
  }

  async #path(owner: BackupOwner, moduleId: string): Promise<string> {
    return `${await this.#directory(owner)}/${await fileName(moduleId)}`;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
