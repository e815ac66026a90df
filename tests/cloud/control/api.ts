// SPDX-License-Identifier: MIT

/**
 * The control API: plain HTTP on the loopback interface, for whoever plays the owner of the
 * cloud. README.md beside this folder documents each call.
 */

import { type Action, ControlError, type ControlledCloud } from "./call.ts";
import { getClock, setClock } from "./clock.ts";
import { addFault, clearFaults, listFaults, removeFault } from "./faults.ts";
import {
  addListener,
  deleteDevice,
  deleteHub,
  deleteModule,
  getDevice,
  getHub,
  getModule,
  listDevices,
  listHubs,
  moveDevice,
  putDevice,
  putHub,
  putModule,
  removeListener,
} from "./hubs.ts";
import { clearLog, getLog } from "./log.ts";

/** The running control API. */
export interface Control {
  /** Base URL, without a final slash. */
  url: string;
  close(): Promise<void>;
}

const ID = "([^/]+)";

const ROUTES = ([
  ["/hubs", { GET: listHubs }],
  [`/hubs/${ID}`, { GET: getHub, PUT: putHub, DELETE: deleteHub }],
  [`/hubs/${ID}/devices`, { GET: listDevices }],
  [`/hubs/${ID}/devices/${ID}`, { GET: getDevice, PUT: putDevice, DELETE: deleteDevice }],
  [`/hubs/${ID}/devices/${ID}/move`, { POST: moveDevice }],
  [`/hubs/${ID}/devices/${ID}/modules/${ID}`, {
    GET: getModule,
    PUT: putModule,
    DELETE: deleteModule,
  }],
  ["/listeners", { POST: addListener }],
  [`/listeners/${ID}`, { DELETE: removeListener }],
  ["/faults", { GET: listFaults, POST: addFault, DELETE: clearFaults }],
  [`/faults/${ID}`, { DELETE: removeFault }],
  ["/log", { GET: getLog, DELETE: clearLog }],
  ["/clock", { GET: getClock, POST: setClock }],
] satisfies [path: string, methods: Record<string, Action>][]).map((
  [path, methods]: [string, Record<string, Action>],
) => ({ path: new RegExp(`^${path}$`), methods }));

/** Serves the control API of `cloud`; throws when the port is taken. 0: any free port. */
export function openControl(cloud: ControlledCloud, port: number): Control {
  // Not shutdown(): that waits for a client that never finishes its request.
  const stop = new AbortController();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port, signal: stop.signal, onListen() {} },
    (request) => answer(cloud, request),
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    close: () => {
      stop.abort();
      return server.finished;
    },
  };
}

async function answer(cloud: ControlledCloud, request: Request): Promise<Response> {
  try {
    return await route(cloud, request);
  } catch (cause) {
    const status = statusOf(cause);
    if (status === undefined) throw cause;
    const message = status === 409 && !(cause instanceof ControlError)
      ? "the port is in use"
      : cause instanceof Error
      ? cause.message
      : String(cause);
    return Response.json({ error: message }, { status });
  }
}

function route(cloud: ControlledCloud, request: Request): Response | Promise<Response> {
  const { pathname, searchParams: query } = new URL(request.url);
  for (const { path, methods } of ROUTES) {
    const match = path.exec(pathname);
    if (match === null) continue;
    const action = methods[request.method];
    if (action === undefined) {
      throw new ControlError(405, `${pathname} takes ${Object.keys(methods).join(", ")}`);
    }
    return action({ cloud, request, query, ids: match.slice(1).map(decodeURIComponent) });
  }
  throw new ControlError(404, `there is nothing at ${pathname}`);
}

/** `undefined`: a defect of the cloud itself. */
function statusOf(cause: unknown): number | undefined {
  if (cause instanceof ControlError) return cause.status;
  // The parts of the cloud report what was asked of them wrongly as a RangeError.
  if (cause instanceof RangeError || cause instanceof URIError) return 400;
  if (cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE") return 409;
  return undefined;
}
