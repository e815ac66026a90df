// SPDX-License-Identifier: MIT

/**
 * What the service remembers of its last successful run, in two files of the home directory:
 * `device_info` (which device it was) and `prev_state` (the settings it ran with). The existing
 * product reads and writes the same files.
 */

import * as v from "valibot";
import { decodeUtf8, parseToml } from "../config/toml.ts";
import type { Log } from "../log/log.ts";
import { removeFile, replaceFile } from "../storage/replace_file.ts";
import { type Config, configSchema, validate } from "./config.ts";
import { settingsToml, tomlString } from "./settings_toml.ts";

/** Which device this is and where. Hosts may carry a port and are used exactly as received. */
export interface DeviceInfo {
  /** The hub's host name. */
  readonly hub: string;
  /** Where to send requests: the parent device, or the hub itself. */
  readonly gateway: string;
  readonly deviceId: string;
}

/** Whether two devices are the same one, reached the same way. */
export function isSameDevice(a: DeviceInfo | undefined, b: DeviceInfo | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.hub === b.hub && a.gateway === b.gateway && a.deviceId === b.deviceId;
}

const deviceInfoSchema = v.object({
  hub_name: v.string(),
  // Releases before nested devices did not write it.
  local_gateway_hostname: v.optional(v.string()),
  device_id: v.string(),
});

/** What older releases leave where they have forgotten a device. */
const UNPROVISIONED = "unprovisioned";

/** Reads `device_info`; `undefined` says that there is none. Throws when it makes no sense. */
export function parseDeviceInfo(text: string): DeviceInfo | undefined {
  if (text === UNPROVISIONED) return undefined;
  const { hub_name, local_gateway_hostname, device_id } = v.parse(
    deviceInfoSchema,
    parseToml(text),
  );
  return { hub: hub_name, gateway: local_gateway_hostname ?? hub_name, deviceId: device_id };
}

/** The text of `device_info`. */
export function formatDeviceInfo({ hub, gateway, deviceId }: DeviceInfo): string {
  return `hub_name = ${tomlString(hub)}
local_gateway_hostname = ${tomlString(gateway)}
device_id = ${tomlString(deviceId)}
`;
}

/** The two files below one home directory. Only the owner of the mutations may write. */
export class DeviceState {
  readonly #deviceInfo: string;
  readonly #previous: string;

  constructor(home: string, readonly log: Log) {
    this.#deviceInfo = `${home}/device_info`;
    this.#previous = `${home}/prev_state`;
  }

  /** The device of the last run. A file that makes no sense is removed, with a warning. */
  async device(): Promise<DeviceInfo | undefined> {
    const text = await readText(this.#deviceInfo, this.log);
    if (text === undefined) return undefined;
    try {
      return parseDeviceInfo(text);
    } catch {
      this.log.warn(`${this.#deviceInfo} is damaged and is removed`);
      await removeFile(this.#deviceInfo);
      return undefined;
    }
  }

  /** The settings of the last run; `undefined` when there are none that make sense. */
  async settings(): Promise<Config | undefined> {
    const text = await readText(this.#previous, this.log);
    if (text === undefined) return undefined;
    try {
      const config = v.parse(configSchema, parseToml(text));
      validate(config);
      return config;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.log.warn(`${this.#previous} is ignored: ${reason}`);
      return undefined;
    }
  }

  /**
   * Writes both files, the device first: settings without their device count for nothing. Those
   * of another device go before: modules that it had would be removed from this one.
   */
  async save(device: DeviceInfo, config: Config): Promise<void> {
    const encode = (text: string) => new TextEncoder().encode(text);
    if (!isSameDevice(await this.device(), device)) await removeFile(this.#previous);
    await replaceFile(this.#deviceInfo, encode(formatDeviceInfo(device)), { mode: 0o600 });
    await replaceFile(this.#previous, encode(settingsToml(config)), { mode: 0o600 });
  }

  /** Forgets the device: the next start has none. */
  async forget(): Promise<void> {
    await removeFile(this.#deviceInfo);
  }
}

async function readText(path: string, log: Log): Promise<string | undefined> {
  try {
    return decodeUtf8(await Deno.readFile(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    // Nothing of ours is regenerated because it cannot be read: the next start may read it.
    log.warn(`could not read ${path}: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}
