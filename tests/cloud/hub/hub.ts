// SPDX-License-Identifier: MIT

/** One IoT Hub: a TLS port of its own, more on demand, and a registry of devices. */

import type { Authority } from "../authority.ts";
import type { Clock } from "../clock.ts";
import type { Answer, CloudRequest, Handled, Surface } from "../exchange.ts";
import type { Faults } from "../faults.ts";
import { Listener } from "../listener.ts";
import type { RequestLog } from "../request_log.ts";
import type { TlsSettings } from "../tls_settings.ts";
import { deviceOf, handleHubRequest, type HubState } from "./api.ts";
import { Device, type DeviceSettings } from "./device.ts";
import { errorOfStatus } from "./hub_error.ts";

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
  faults: Faults;
}

/** A hub that listens until it is closed. */
export class Hub implements HubState, Surface {
  readonly surface = "hub";
  readonly devices = new Map<string, Device>();
  strict: boolean;
  maxModules: number;
  #main: Listener | undefined;
  /** Ports beside the main one. */
  readonly #extra = new Map<number, Listener>();

  private constructor(
    readonly id: string,
    private readonly context: HubContext,
    private readonly settings: HubSettings,
  ) {
    this.strict = settings.strict ?? true;
    this.maxModules = settings.maxModules ?? 50;
  }

  /** Opens the port; rejects when it is taken. */
  static async open(id: string, context: HubContext, settings: HubSettings): Promise<Hub> {
    const hub = new Hub(id, context, settings);
    hub.#main = await hub.#listen(settings.port ?? 0, {});
    return hub;
  }

  get instance(): string {
    return this.id;
  }

  /** The host as clients are configured with it: with its port unless that is 443. */
  get hostName(): string {
    return this.#mainListener.host;
  }

  /** The TLS port on 127.0.0.1. */
  get port(): number {
    return this.#mainListener.port;
  }

  /** Whether the hub accepts connections. */
  get listening(): boolean {
    return this.#mainListener.listening;
  }

  /** Takes the main port off the network, or puts it back: nobody else gets it meanwhile. */
  async setListening(listening: boolean): Promise<void> {
    await (listening ? this.#mainListener.reopen() : this.#mainListener.pause());
  }

  /**
   * Opens another port of the hub, with TLS of its own. A token may name the hub by either port.
   * Throws a RangeError for settings that do not go together.
   */
  async addListener(tls: TlsSettings = {}): Promise<Listener> {
    const listener = await this.#listen(0, tls);
    this.#extra.set(listener.port, listener);
    return listener;
  }

  /** Closes a port that {@link addListener} has opened; answers whether it was one. */
  async removeListener(port: number): Promise<boolean> {
    const listener = this.#extra.get(port);
    this.#extra.delete(port);
    await listener?.close();
    return listener !== undefined;
  }

  /**
   * Makes a device, or changes the one that is there: what is not set stays as it is. Throws a
   * RangeError for a bad id or bad settings, and then nothing has changed.
   */
  putDevice(id: string, settings: DeviceSettings = {}): Device {
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

  /**
   * Moves a device, as a new registration would: the target knows it by the same credentials,
   * with its modules or without; this hub answers it with 404 from now on. Throws a RangeError
   * when there is no such device here, or already one there.
   */
  moveDevice(id: string, target: Hub, { modules }: { modules: boolean }): Device {
    const device = this.devices.get(id);
    if (device === undefined) throw new RangeError(`there is no device ${id} to move`);
    // It may be on its way back.
    if (target.devices.get(id)?.status === "moved") target.removeDevice(id);
    const moved = target.addDevice(id);
    moved.credentials = device.credentials;
    if (modules) {
      for (const module of device.modules.values()) moved.modules.set(module.id, module);
    }
    device.modules.clear();
    device.status = "moved";
    return moved;
  }

  handle(request: CloudRequest, host: string): Handled {
    return handleHubRequest(this, request, host, this.context.clock.now());
  }

  deviceOf(path: string): string | undefined {
    return deviceOf(path);
  }

  errorAnswer(status: number, detail: string, now: Date): Answer {
    return errorOfStatus(status, detail).answer(now);
  }

  /** Closes all ports. */
  async close(): Promise<void> {
    await this.#main?.close();
    for (const port of [...this.#extra.keys()]) await this.removeListener(port);
  }

  #listen(port: number, tls: TlsSettings): Promise<Listener> {
    const hostName = this.settings.name ?? "localhost";
    return Listener.open({ ...this.context, surface: this, hostName, port, tls });
  }

  get #mainListener(): Listener {
    if (this.#main === undefined) throw new Error(`hub ${this.id} is not open`);
    return this.#main;
  }
}
