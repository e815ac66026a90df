// SPDX-License-Identifier: MIT

/**
 * The embedded cloud: the services that a device talks to, on this machine, without an account.
 * It is as strict as the real ones about who is calling.
 *
 * ```ts
 * await using cloud = await startCloud({ dir });
 * const hub = await cloud.addHub("hub");
 * const { connectionString } = hub.addDevice("press-07");
 * // … let a device talk to it, trusting cloud.caPath …
 * cloud.log().filter((entry) => entry.method === "PUT");
 * ```
 */

import { replaceFile } from "../../services/storage/replace_file.ts";
import { Authority } from "./authority.ts";
import { Clock } from "./clock.ts";
import { type Control, openControl } from "./control/api.ts";
import { Faults } from "./faults.ts";
import { Hub, type HubSettings } from "./hub/hub.ts";
import { type LogEntry, RequestLog } from "./request_log.ts";

/** How a cloud is started. */
export interface CloudOptions {
  /** Where `ca.pem` is written; made when missing. */
  dir: string;
  /** A hub to start with; none by default. */
  hub?: string;
  /** The port of that hub; 0, the default: any free one. */
  port?: number;
  /** The host name of that hub, instead of `localhost`. */
  name?: string;
  /** The port of the control API; 0, the default: any free one. */
  controlPort?: number;
}

/** A running cloud. Everything the control API can do is here as well. */
export class Cloud implements AsyncDisposable {
  /** The hubs by their ids. */
  readonly hubs = new Map<string, Hub>();
  readonly clock = new Clock();
  readonly requests = new RequestLog();
  readonly faults = new Faults();
  #control: Control | undefined;

  private constructor(
    readonly authority: Authority,
    /** The file with the certificate, PEM, that issued all server certificates. */
    readonly caPath: string,
  ) {}

  /** See {@link startCloud}. */
  static async start(options: CloudOptions): Promise<Cloud> {
    const authority = await Authority.create("Embedded cloud root");
    await Deno.mkdir(options.dir, { recursive: true });
    const caPath = `${await Deno.realPath(options.dir)}/ca.pem`;
    await replaceFile(caPath, new TextEncoder().encode(authority.pem), { mode: 0o644 });

    const cloud = new Cloud(authority, caPath);
    try {
      cloud.#control = openControl(cloud, options.controlPort ?? 0);
      if (options.hub !== undefined) {
        const { port, name } = options;
        await cloud.addHub(options.hub, {
          ...(port === undefined ? {} : { port }),
          ...(name === undefined ? {} : { name }),
        });
      }
    } catch (cause) {
      await cloud.close();
      throw cause;
    }
    return cloud;
  }

  /** The CA certificate itself, PEM. */
  get ca(): string {
    return this.authority.pem;
  }

  /** The base URL of the control API, without a final slash. */
  get control(): string {
    if (this.#control === undefined) throw new Error("the cloud is not running");
    return this.#control.url;
  }

  /** Starts a hub; rejects when there is one of this id or its port is taken. */
  async addHub(id: string, settings: HubSettings = {}): Promise<Hub> {
    if (!/^[A-Za-z0-9][A-Za-z0-9-]{0,49}$/.test(id)) {
      throw new RangeError(`${JSON.stringify(id)} is not a hub id: letters, digits and dashes`);
    }
    if (this.hubs.has(id)) throw new RangeError(`hub ${id} already exists`);
    const { authority, clock, faults, requests: log } = this;
    const hub = await Hub.open(id, { authority, clock, log, faults }, settings);
    this.hubs.set(id, hub);
    return hub;
  }

  /** Closes a hub and forgets its devices; answers whether there was one. */
  async removeHub(id: string): Promise<boolean> {
    const hub = this.hubs.get(id);
    this.hubs.delete(id);
    await hub?.close();
    return hub !== undefined;
  }

  /** The request log's entries with a number greater than `since`, oldest first. */
  log(since = 0): LogEntry[] {
    return this.requests.since(since);
  }

  /** Cuts all connections and gives all ports back. */
  async close(): Promise<void> {
    for (const id of [...this.hubs.keys()]) await this.removeHub(id);
    await this.#control?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Starts a cloud; rejects when the directory cannot be written or a port is taken. */
export function startCloud(options: CloudOptions): Promise<Cloud> {
  return Cloud.start(options);
}
