// SPDX-License-Identifier: MIT

/** A cloud with one hub and one device, for the tests of the hub: each starts its own. */

import { decodeBase64 } from "../base64.ts";
import { type Cloud, startCloud } from "../cloud.ts";
import { type HttpsAnswer, type HttpsRequest, httpsRequest } from "../https_request.ts";
import { makeSasToken } from "../sas_token.ts";
import type { Device, DeviceSettings } from "./device.ts";
import type { Hub, HubSettings } from "./hub.ts";

/** The api-version of the registry calls, as the query that carries it. */
export const VERSION = "?api-version=2017-11-08-preview";

/** One call of the hub; everything that is not given is as it should be. */
export interface HubCall extends Partial<Pick<HttpsRequest, "identity" | "port">> {
  method?: string;
  /** Path and query; the default query is {@link VERSION}. */
  path: string;
  headers?: Record<string, string | string[]>;
  /** Default: a good token of the fixture's device; `null`: no `authorization` header. */
  authorization?: string | string[] | null;
  /** A value is sent as JSON with its content type, a string as it is and without. */
  body?: unknown;
}

/** What a test works with. */
export interface HubFixture extends AsyncDisposable {
  cloud: Cloud;
  hub: Hub;
  device: Device;
  /** Sends one call and answers with its body parsed, when there is one. */
  call(call: HubCall): Promise<{ status: number; headers: HttpsAnswer["headers"]; body: unknown }>;
  /** A token of the device for the hub, with the given things changed. */
  token(changes?: Partial<Parameters<typeof makeSasToken>[0]>): string;
}

/** Starts one. The device is called `press-07`. */
export async function startHub(
  { settings = {}, device: deviceSettings = {} }: {
    settings?: HubSettings;
    device?: DeviceSettings;
  } = {},
): Promise<HubFixture> {
  const dir = await Deno.makeTempDir();
  const cloud = await startCloud({ dir });
  const hub = await cloud.addHub("hub", settings);
  const device = hub.addDevice("press-07", deviceSettings);

  const token: HubFixture["token"] = (changes = {}) =>
    makeSasToken({
      resource: `${hub.hostName}/devices/press-07`,
      key: decodeBase64(device.primaryKey ?? "") ?? new Uint8Array(),
      expiry: Math.floor(Date.now() / 1000) + 30,
      ...changes,
    });

  const call: HubFixture["call"] = async ({ path, method = "GET", body, ...rest }) => {
    const { authorization = token(), identity, port = hub.port } = rest;
    const headers = { ...rest.headers };
    if (authorization !== null) headers.authorization = authorization;
    const text = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
    if (typeof body === "object") headers["content-type"] ??= "application/json";
    const answer = await httpsRequest({
      port,
      ca: cloud.ca,
      method,
      target: path.includes("?") ? path : path + VERSION,
      headers,
      ...(text === undefined ? {} : { body: text }),
      ...(identity === undefined ? {} : { identity }),
    });
    return { ...answer, body: answer.body === "" ? undefined : JSON.parse(answer.body) };
  };

  return {
    cloud,
    hub,
    device,
    call,
    token,
    async [Symbol.asyncDispose]() {
      await cloud.close();
      await Deno.remove(dir, { recursive: true });
    },
  };
}

/** The body of a module PUT without keys. */
export function moduleBody(moduleId: string, more: Record<string, unknown> = {}): unknown {
  return { moduleId, deviceId: "press-07", ...more };
}

/** The service's name of the error in an error body. */
export function errorCode(body: unknown): string | undefined {
  if (typeof body !== "object" || body === null || !("Message" in body)) return undefined;
  return /^ErrorCode:(\w+);./.exec(String(body.Message))?.[1];
}
