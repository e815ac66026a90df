// SPDX-License-Identifier: MIT

/**
 * The hub's routes and the order of its checks: path, method, api-version, caller, device's
 * status, body, state.
 */

import { type Answer, type CloudRequest, empty, type Handled, headerValues } from "../exchange.ts";
import { authenticate, type Subject } from "./authenticate.ts";
import type { Device } from "./device.ts";
import { badArgument, HubError, unauthorized } from "./hub_error.ts";
import { isIdentifier } from "./identifiers.ts";
import { readModuleBody } from "./module_body.ts";
import { deleteModule, getModule, listModules, putModule } from "./module_registry.ts";

/** What the routes need of their hub. */
export interface HubState {
  readonly hostName: string;
  readonly devices: ReadonlyMap<string, Device>;
  readonly strict: boolean;
  readonly maxModules: number;
}

interface Call {
  hub: HubState;
  request: CloudRequest;
  device: Device;
  moduleId: string;
  now: Date;
}

interface Route {
  path: RegExp;
  /** Whose credentials open it. */
  caller: "device" | "module";
  /** Tells whether strict mode takes the api-version. */
  version: RegExp;
  methods: Record<string, (call: Call) => Answer>;
}

const REGISTRY_VERSION = /^2017-11-08-preview$/;
const DATED_VERSION = /^\d{4}-\d{2}-\d{2}(?:-preview)?$/;

const ROUTES: Route[] = [
  {
    path: /^\/devices\/([^/]+)\/modules$/,
    caller: "device",
    version: REGISTRY_VERSION,
    methods: { GET: ({ device }) => listModules(device) },
  },
  {
    path: /^\/devices\/([^/]+)\/modules\/([^/]+)$/,
    caller: "device",
    version: REGISTRY_VERSION,
    methods: {
      GET: ({ device, moduleId }) => getModule(device, moduleId),
      PUT: ({ hub, request, device, moduleId, now }) =>
        putModule(device, moduleId, readModuleBody(request, device.id, moduleId), {
          ifMatch: ifMatch(request),
          maxModules: hub.maxModules,
          now,
        }),
      DELETE: ({ hub, request, device, moduleId }) =>
        deleteModule(device, moduleId, { ifMatch: ifMatch(request), strict: hub.strict }),
    },
  },
  {
    path: /^\/devices\/([^/]+)\/messages\/events$/,
    caller: "device",
    version: DATED_VERSION,
    methods: { POST: takeMessage },
  },
  {
    path: /^\/devices\/([^/]+)\/modules\/([^/]+)\/messages\/events$/,
    caller: "module",
    version: DATED_VERSION,
    methods: { POST: takeMessage },
  },
];

/** The service's limit for a message of a device. */
const MAX_MESSAGE = 256 * 1024;

/** Answers one request that came to `host`. */
export function handleHubRequest(
  hub: HubState,
  request: CloudRequest,
  host: string,
  now: Date,
): Handled {
  let validity: string | undefined;
  try {
    const { route, deviceId, moduleId } = findRoute(request.path);
    const action = route.methods[request.method];
    if (action === undefined) {
      throw new HubError(405, "MethodNotAllowed", `${request.method} is not offered here`);
    }
    checkVersion(request, route, hub.strict);

    const device = hub.devices.get(deviceId);
    if (device === undefined) throw unauthorized("unknown device");
    authenticate(request, subjectOf(route, device, moduleId), {
      hosts: [...new Set([hub.hostName, host])],
      path: decodeURIComponent(request.path),
      strict: hub.strict,
      now,
    });
    validity = "valid";
    if (device.status === "moved") {
      throw new HubError(404, "DeviceNotFound", `device ${device.id} is not on this hub`);
    }
    if (device.status === "disabled") {
      throw new HubError(403, "DeviceDisabled", `device ${device.id} is disabled`);
    }
    return { answer: action({ hub, request, device, moduleId, now }), validity };
  } catch (cause) {
    if (!(cause instanceof HubError)) throw cause;
    const why = cause.validity ?? validity;
    return { answer: cause.answer(now), ...(why === undefined ? {} : { validity: why }) };
  }
}

/** The device that a path names, for the matching of faults; `undefined` when it names none. */
export function deviceOf(path: string): string | undefined {
  const segment = /^\/devices\/([^/]+)/.exec(path)?.[1];
  return segment === undefined ? undefined : decode(segment);
}

function findRoute(path: string): { route: Route; deviceId: string; moduleId: string } {
  for (const route of ROUTES) {
    const match = route.path.exec(path);
    if (match === null) continue;
    const deviceId = identifier("device", match[1] ?? "");
    const moduleId = match[2] === undefined ? "" : identifier("module", match[2]);
    return { route, deviceId, moduleId };
  }
  throw badArgument("no such path");
}

function identifier(kind: string, segment: string): string {
  const id = decode(segment);
  if (id === undefined || !isIdentifier(id)) throw badArgument(`not the id of a ${kind}`);
  return id;
}

function checkVersion(request: CloudRequest, route: Route, strict: boolean): void {
  const version = new URLSearchParams(request.query).get("api-version");
  if (!version || (strict && !route.version.test(version))) {
    throw new HubError(
      400,
      "InvalidProtocolVersion",
      version ? `api-version ${JSON.stringify(version)} is not offered here` : "no api-version",
    );
  }
}

function subjectOf(route: Route, device: Device, moduleId: string): Subject {
  if (route.caller === "device") {
    return { commonName: device.id, credentials: device.credentials };
  }
  return {
    commonName: `${device.id}/${moduleId}`,
    credentials: device.modules.get(moduleId)?.credentials,
  };
}

function ifMatch(request: CloudRequest): string | undefined {
  const values = headerValues(request, "if-match");
  return values.length === 0 ? undefined : values.join(", ");
}

function takeMessage({ request }: Call): Answer {
  if (request.body.length > MAX_MESSAGE) {
    throw new HubError(413, "MessageTooLarge", `a message may have ${MAX_MESSAGE} bytes`);
  }
  return empty(204);
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
