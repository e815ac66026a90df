// SPDX-License-Identifier: MIT

/** One IoT Hub: a TLS port of its own and a registry of devices. */

import type { Authority } from "../authority.ts";
import type { Clock } from "../clock.ts";
import type { CloudRequest, Handled, Surface } from "../exchange.ts";
import { Listener } from "../listener.ts";
import type { RequestLog } from "../request_log.ts";
import { handleHubRequest, type HubState } from "./api.ts";
import { Device, type DeviceSettings } from "./device.ts";
import { isIdentifier } from "./identifiers.ts";

/** How a hub is set up. */
export interface HubSettings {
  /** The host name that clients are given instead of `localhost`; they must be able to resolve it. */
  name?: string;
  /** 0, the default: any free port. */
  port?: number;
  /** Default true: no tolerance for clocks, only the api-versions in use, deletes need `if-match`. */
  strict?: boolean;
  /** Modules that a device may have; default 50, the service's limit. */
  maxModules?: number;
}

/** What a hub shares with the rest of its cloud. */
export interface HubContext {
  authority: Authority;
  clock: Clock;
  log: RequestLog;
}

/** A hub that listens until it is closed. */
export class Hub implements HubState, Surface {
  readonly surface = "hub";
  readonly devices = new Map<string, Device>();
  strict: boolean;
  maxModules: number;
  #listener: Listener | undefined;

  private constructor(
    readonly name: string,
    private readonly context: HubContext,
    settings: HubSettings,
  ) {
    this.strict = settings.strict ?? true;
    this.maxModules = settings.maxModules ?? 50;
  }

  /** Opens the port; rejects when it is taken. */
  static async open(name: string, context: HubContext, settings: HubSettings): Promise<Hub> {
    const hub = new Hub(name, context, settings);
    const host = settings.name ?? "localhost";
    const identity = await context.authority.issue({
      commonName: host,
      use: "server",
      names: [...new Set([host, "localhost", "127.0.0.1"])],
    });
    hub.#listener = await Listener.open({
      surface: hub,
      identity,
      port: settings.port ?? 0,
      host: (port) => port === 443 ? host : `${host}:${port}`,
      clock: context.clock,
      log: context.log,
    });
    return hub;
  }

  /** The host as clients are configured with it: with its port unless that is 443. */
  get hostName(): string {
    return this.#open.host;
  }

  /** The TLS port on 127.0.0.1. */
  get port(): number {
    return this.#open.port;
  }

  /** Whether the hub accepts connections. */
  get listening(): boolean {
    return this.#open.listening;
  }

  /** Takes the hub off the network, or puts it back under the same port. */
  async setListening(listening: boolean): Promise<void> {
    await (listening ? this.#open.reopen() : this.#open.close());
  }

  /**
   * Makes a device, or changes the one that is there: what is not set stays as it is. Throws a
   * RangeError for a bad id or bad settings, and then nothing has changed.
   */
  putDevice(id: string, settings: DeviceSettings = {}): Device {
    if (!isIdentifier(id)) throw new RangeError(`${JSON.stringify(id)} is not a device id`);
    const device = this.devices.get(id) ?? new Device(this, id, this.context.clock.now());
    device.configure(settings);
    this.devices.set(id, device);
    return device;
  }

  /** Makes a device; throws a RangeError when there is one of this id. */
  addDevice(id: string, settings: DeviceSettings = {}): Device {
    if (this.devices.has(id)) throw new RangeError(`device ${id} already exists`);
    return this.putDevice(id, settings);
  }

  /** Removes a device with its modules; answers whether there was one. */
  removeDevice(id: string): boolean {
    return this.devices.delete(id);
  }

  handle(request: CloudRequest, host: string): Handled {
    return handleHubRequest(this, request, host, this.context.clock.now());
  }

  /** Closes the port. */
  async close(): Promise<void> {
    await this.#listener?.close();
  }

  get #open(): Listener {
    if (this.#listener === undefined) throw new Error(`hub ${this.name} is not open`);
    return this.#listener;
  }
}
