// SPDX-License-Identifier: MIT

/**
 * The control API: plain HTTP on the loopback interface, for whoever plays the owner of the
 * cloud. README.md beside this folder documents each call.
 */

import type { BaseIssue, BaseSchema, InferOutput } from "valibot";
import * as v from "valibot";
import type { Clock } from "../clock.ts";
import type { Device } from "../hub/device.ts";
import type { Hub, HubSettings } from "../hub/hub.ts";
import { moduleRecord } from "../hub/module.ts";
import type { RequestLog } from "../request_log.ts";
import { ClockBody, DeviceBody, HubBody } from "./schemas.ts";

/** What the control API controls. */
export interface ControlledCloud {
  readonly hubs: ReadonlyMap<string, Hub>;
  readonly clock: Clock;
  readonly requests: RequestLog;
  addHub(id: string, settings: HubSettings): Promise<Hub>;
  removeHub(id: string): Promise<boolean>;
}

/** The running control API. */
export interface Control {
  /** Base URL, without a final slash. */
  url: string;
  close(): Promise<void>;
}

interface Call {
  cloud: ControlledCloud;
  request: Request;
  url: URL;
  /** The path's ids, decoded. */
  ids: string[];
}

type Action = (call: Call) => Response | Promise<Response>;

/** A request that cannot be met; becomes `{"error": message}`. */
class ControlError extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

const ROUTES: { path: RegExp; methods: Record<string, Action> }[] = [
  { path: /^\/hubs$/, methods: { GET: listHubs } },
  { path: /^\/hubs\/([^/]+)$/, methods: { GET: getHub, PUT: putHub, DELETE: deleteHub } },
  { path: /^\/hubs\/([^/]+)\/devices$/, methods: { GET: listDevices } },
  {
    path: /^\/hubs\/([^/]+)\/devices\/([^/]+)$/,
    methods: { GET: getDevice, PUT: putDevice, DELETE: deleteDevice },
  },
  {
    path: /^\/hubs\/([^/]+)\/devices\/([^/]+)\/modules\/([^/]+)$/,
    methods: { GET: getModule, DELETE: deleteModule },
  },
  { path: /^\/log$/, methods: { GET: getLog, DELETE: clearLog } },
  { path: /^\/clock$/, methods: { GET: getClock, POST: setClock } },
];

/** Serves the control API of `cloud`; throws when the port is taken. 0: any free port. */
export function openControl(cloud: ControlledCloud, port: number): Control {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port, onListen() {} },
    (request) => answer(cloud, request),
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    close: () => server.shutdown(),
  };
}

async function answer(cloud: ControlledCloud, request: Request): Promise<Response> {
  const url = new URL(request.url);
  try {
    for (const { path, methods } of ROUTES) {
      const match = path.exec(url.pathname);
      if (match === null) continue;
      const action = methods[request.method];
      if (action === undefined) {
        throw new ControlError(405, `${url.pathname} takes ${Object.keys(methods).join(", ")}`);
      }
      const ids = match.slice(1).map(decodeURIComponent);
      return await action({ cloud, request, url, ids });
    }
    throw new ControlError(404, `there is nothing at ${url.pathname}`);
  } catch (cause) {
    if (cause instanceof ControlError) {
      return Response.json({ error: cause.message }, { status: cause.status });
    }
    // The parts of the cloud report what was asked of them wrongly as a RangeError.
    if (cause instanceof RangeError || cause instanceof URIError) {
      return Response.json({ error: cause.message }, { status: 400 });
    }
    if (cause instanceof Deno.errors.AddrInUse || isAddressInUse(cause)) {
      return Response.json({ error: "the port is in use" }, { status: 409 });
    }
    throw cause;
  }
}

function listHubs({ cloud }: Call): Response {
  return Response.json([...cloud.hubs.values()].map(hubRecord));
}

function getHub({ cloud, ids }: Call): Response {
  return Response.json(hubRecord(findHub(cloud, ids)));
}

async function putHub({ cloud, request, ids: [id = ""] }: Call): Promise<Response> {
  const { listening, ...settings } = await readBody(request, HubBody);
  const existing = cloud.hubs.get(id);
  if (existing !== undefined && (settings.name !== undefined || settings.port !== undefined)) {
    throw new ControlError(409, `hub ${id} has its name and port already; delete it first`);
  }
  const hub = existing ?? await cloud.addHub(id, settings);
  hub.strict = settings.strict ?? hub.strict;
  hub.maxModules = settings.maxModules ?? hub.maxModules;
  if (listening !== undefined) await hub.setListening(listening);
  return Response.json(hubRecord(hub));
}

async function deleteHub({ cloud, ids }: Call): Promise<Response> {
  await cloud.removeHub(findHub(cloud, ids).name);
  return noContent();
}

function listDevices({ cloud, ids }: Call): Response {
  return Response.json([...findHub(cloud, ids).devices.values()].map(deviceRecord));
}

function getDevice({ cloud, ids }: Call): Response {
  return Response.json(deviceRecord(findDevice(cloud, ids)));
}

async function putDevice({ cloud, request, ids }: Call): Promise<Response> {
  const hub = findHub(cloud, ids);
  const settings = await readBody(request, DeviceBody);
  return Response.json(deviceRecord(hub.putDevice(ids[1] ?? "", settings)));
}

function deleteDevice({ cloud, ids }: Call): Response {
  findHub(cloud, ids).removeDevice(findDevice(cloud, ids).id);
  return noContent();
}

function getModule({ cloud, ids }: Call): Response {
  const device = findDevice(cloud, ids);
  const module = device.modules.get(ids[2] ?? "");
  if (module === undefined) throw missing("module", ids[2], `device ${device.id}`);
  return Response.json(moduleRecord(device.id, module));
}

function deleteModule({ cloud, ids }: Call): Response {
  const device = findDevice(cloud, ids);
  if (!device.modules.delete(ids[2] ?? "")) throw missing("module", ids[2], `device ${device.id}`);
  return noContent();
}

function getLog({ cloud, url }: Call): Response {
  const since = url.searchParams.get("since") ?? "0";
  if (!/^\d{1,15}$/.test(since)) {
    throw new ControlError(400, `since: expected a number but received ${JSON.stringify(since)}`);
  }
  const lines = cloud.requests.since(Number(since)).map((entry) => JSON.stringify(entry) + "\n");
  return new Response(lines.join(""), { headers: { "content-type": "application/x-ndjson" } });
}

function clearLog({ cloud }: Call): Response {
  cloud.requests.clear();
  return noContent();
}

function getClock({ cloud: { clock } }: Call): Response {
  const { offsetSeconds, dateSkewSeconds } = clock;
  return Response.json({ now: clock.now().toISOString(), offsetSeconds, dateSkewSeconds });
}

async function setClock(call: Call): Promise<Response> {
  const { clock } = call.cloud;
  const body = await readBody(call.request, ClockBody);
  clock.offsetSeconds = body.offsetSeconds ?? clock.offsetSeconds;
  clock.dateSkewSeconds = body.dateSkewSeconds ?? clock.dateSkewSeconds;
  return getClock(call);
}

function hubRecord(hub: Hub): Record<string, unknown> {
  const { name: id, hostName, port, strict, maxModules, listening } = hub;
  return { id, hostName, port, strict, maxModules, listening };
}

function deviceRecord(device: Device): Record<string, unknown> {
  const { connectionString, primaryKey, secondaryKey, generationId, status } = device;
  return {
    deviceId: device.id,
    hostName: device.hub.hostName,
    connectionString,
    ...(primaryKey === undefined ? {} : { primaryKey, secondaryKey }),
    generationId,
    status,
    modules: [...device.modules.keys()],
  };
}

function findHub(cloud: ControlledCloud, [id = ""]: string[]): Hub {
  const hub = cloud.hubs.get(id);
  if (hub === undefined) throw missing("hub", id, "the cloud");
  return hub;
}

function findDevice(cloud: ControlledCloud, ids: string[]): Device {
  const hub = findHub(cloud, ids);
  const device = hub.devices.get(ids[1] ?? "");
  if (device === undefined) throw missing("device", ids[1], `hub ${hub.name}`);
  return device;
}

function missing(kind: string, id: string | undefined, where: string): ControlError {
  return new ControlError(404, `there is no ${kind} ${JSON.stringify(id)} in ${where}`);
}

/** An empty body counts as `{}`: nothing to set. */
async function readBody<S extends BaseSchema<unknown, unknown, BaseIssue<unknown>>>(
  request: Request,
  schema: S,
): Promise<InferOutput<S>> {
  const text = await request.text();
  let value: unknown;
  try {
    value = text.trim() === "" ? {} : JSON.parse(text);
  } catch {
    throw new ControlError(400, "the body is not JSON");
  }
  // valibot takes an array for an object.
  if (Array.isArray(value)) throw new ControlError(400, "body: Expected Object but received Array");
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new ControlError(400, `${v.getDotPath(issue) ?? "body"}: ${issue.message}`);
}

function noContent(): Response {
  return new Response(null, { status: 204 });
}

function isAddressInUse(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE";
}
