// SPDX-License-Identifier: MIT

/** A device of the embedded cloud with an Identity Service of its own: where stories begin. */

import { type Cloud, startCloud } from "../cloud/cloud.ts";
import type { Device } from "../cloud/hub/device.ts";
import type { Hub } from "../cloud/hub/hub.ts";
import { type Identityd, prepareIdentityd } from "./identityd_daemon.ts";
import { exchange, rawRequest } from "./raw_http.ts";

export { eventually } from "./eventually.ts";

/** The cloud, the device in it, and the service that speaks for it; all end on dispose. */
export interface World extends AsyncDisposable {
  readonly cloud: Cloud;
  readonly hub: Hub;
  readonly device: Device;
  readonly identityd: Identityd;
  /** One request to the service; `uid`: of the calling process, default this one's. */
  ask(request: string, options?: { body?: unknown; uid?: number }): Promise<Answer>;
  /** The lines that the service has logged since the last call, without priority and time. */
  lines(): string[];
}

/** An answer of the service. */
export interface Answer {
  status: number;
  /** Parsed; `undefined` for an empty one. */
  body: unknown;
}

/** How a world is made. */
export interface WorldOptions {
  /** Principals and whatever else belongs at the end of the configuration. */
  principals?: string;
  /** Lines for the beginning of the configuration. */
  settings?: string;
  /** Factor on its pauses. */
  timeScale?: number;
  /** Factor on its time limits, for tests in which one is to be passed. */
  limitScale?: number;
  /** Added to the environment of both daemons. */
  env?: Record<string, string>;
  /** Keys beside the device's. */
  keys?: Record<string, Uint8Array>;
}

/** The device's id in every world. */
export const DEVICE_ID = "press-07";

/** A principal as it stands in a configuration. */
export function principal(uid: number, name: string, ...idtypes: string[]): string {
  const list = idtypes.map((type) => JSON.stringify(type)).join(", ");
  const idtype = idtypes.length === 0 ? "" : `idtype = [${list}]\n`;
  return `[[principal]]\nuid = ${uid}\nname = "${name}"\n${idtype}`;
}

/** What makes this process an administrator; root is one without. */
export function administrator(): string {
  const uid = Deno.uid() ?? 0;
  return uid === 0 ? "" : principal(uid, "tests");
}

/** The configuration of a device with a symmetric key, for a hub. */
export function manualConfig(
  hub: string,
  { principals = "", settings = "" }: WorldOptions = {},
): (home: string) => string {
  return (home) =>
    `hostname = "press"
homedir = "${home}"
max_requests = 50
${settings}
[provisioning]
source = "manual"
iothub_hostname = "${hub}"
device_id = "${DEVICE_ID}"
[provisioning.authentication]
method = "sas"
device_id_pk = "device-id"
${administrator()}${principals}`;
}

/** Makes a cloud with one device and its service, which the caller starts. */
export async function makeWorld(options: WorldOptions = {}): Promise<World> {
  const dir = await Deno.makeTempDir({ prefix: "aziot-cloud-" });
  const cloud = await startCloud({ dir });
  let identityd: Identityd | undefined;
  const dispose = async () => {
    await identityd?.[Symbol.asyncDispose]();
    await cloud.close();
    await Deno.remove(dir, { recursive: true });
  };
  try {
    const hub = await cloud.addHub("hub");
    const device = hub.addDevice(DEVICE_ID);
    const service = identityd = await prepareIdentityd({
      config: manualConfig(hub.hostName, options),
      keys: { ...options.keys, "device-id": Uint8Array.fromBase64(device.primaryKey ?? "") },
      caPath: cloud.caPath,
      ...options.timeScale === undefined ? {} : { timeScale: options.timeScale },
      ...options.limitScale === undefined ? {} : { limitScale: options.limitScale },
      ...options.env === undefined ? {} : { env: options.env },
    });
    let seen = 0;
    return {
      cloud,
      hub,
      device,
      identityd: service,
      ask: (request, { body, uid } = {}) => ask(service.socket, request, body, uid),
      lines() {
        const log = service.daemon.log();
        const fresh = log.slice(seen);
        seen = log.length;
        return fresh.split("\n").filter((line) => line !== "")
          .map((line) => line.replace(/^<\d>\S+ \[(....)\] - /, "$1 "));
      },
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** One request on a connection of its own. */
export async function ask(
  socket: string,
  request: string,
  body?: unknown,
  uid?: number,
): Promise<Answer> {
  const [method = "", path = ""] = request.split(" ");
  const target = /[?&]api-version=/.test(path)
    ? path
    : `${path}${path.includes("?") ? "&" : "?"}api-version=2022-08-01`;
  const text = body === undefined ? "" : JSON.stringify(body);
  const headers: [string, string][] = [["Host", "identityd.sock"]];
  if (body !== undefined) {
    headers.push(["Content-Type", "application/json"]);
    headers.push(["Content-Length", String(new TextEncoder().encode(text).length)]);
  }
  const answer = await exchange(
    socket,
    rawRequest(method, target, headers, text),
    uid === undefined ? {} : { uid },
  );
  const content = new TextDecoder().decode(answer.body);
  return { status: answer.status, body: content === "" ? undefined : JSON.parse(content) };
}
