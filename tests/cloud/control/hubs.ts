// SPDX-License-Identifier: MIT

/** Hubs, their ports, devices and modules. */

import type { Device } from "../hub/device.ts";
import type { Hub } from "../hub/hub.ts";
import { moduleRecord } from "../hub/module.ts";
import {
  type Call,
  ControlError,
  type ControlledCloud,
  missing,
  noContent,
  readBody,
} from "./call.ts";
import { DeviceBody, HubBody, ListenerBody, ModuleBody, MoveBody } from "./schemas.ts";

/** `GET /hubs` */
export function listHubs({ cloud }: Call): Response {
  return Response.json([...cloud.hubs.values()].map(hubRecord));
}

/** `GET /hubs/H` */
export function getHub({ cloud, ids }: Call): Response {
  return Response.json(hubRecord(findHub(cloud, ids[0])));
}

/** `PUT /hubs/H`: makes a hub or changes it. */
export async function putHub({ cloud, request, ids: [id = ""] }: Call): Promise<Response> {
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

/** `DELETE /hubs/H` */
export async function deleteHub({ cloud, ids }: Call): Promise<Response> {
  await cloud.removeHub(findHub(cloud, ids[0]).id);
  return noContent();
}

/** `POST /listeners`: another port for a hub. */
export async function addListener({ cloud, request }: Call): Promise<Response> {
  const { hub, tls = {} } = await readBody(request, ListenerBody);
  const { port, host } = await findHub(cloud, hub ?? onlyHub(cloud)).addListener(tls);
  return Response.json({ port, hostName: host });
}

/** `DELETE /listeners/PORT` */
export async function removeListener({ cloud, ids: [port] }: Call): Promise<Response> {
  for (const hub of cloud.hubs.values()) {
    if (await hub.removeListener(Number(port))) return noContent();
  }
  throw missing("listener", port, "the cloud");
}

/** `GET /hubs/H/devices` */
export function listDevices({ cloud, ids }: Call): Response {
  return Response.json([...findHub(cloud, ids[0]).devices.values()].map(deviceRecord));
}

/** `GET /hubs/H/devices/D` */
export function getDevice({ cloud, ids }: Call): Response {
  return Response.json(deviceRecord(findDevice(cloud, ids)));
}

/** `PUT /hubs/H/devices/D`: makes a device or changes it. */
export async function putDevice({ cloud, request, ids }: Call): Promise<Response> {
  const hub = findHub(cloud, ids[0]);
  const settings = await readBody(request, DeviceBody);
  return Response.json(deviceRecord(hub.putDevice(ids[1] ?? "", settings)));
}

/** `DELETE /hubs/H/devices/D` */
export function deleteDevice({ cloud, ids }: Call): Response {
  findHub(cloud, ids[0]).removeDevice(findDevice(cloud, ids).id);
  return noContent();
}

/** `POST /hubs/H/devices/D/move`: to another hub. */
export async function moveDevice({ cloud, request, ids }: Call): Promise<Response> {
  const { id } = findDevice(cloud, ids);
  const { hub: target, modules = false } = await readBody(request, MoveBody);
  const moved = findHub(cloud, ids[0]).moveDevice(id, findHub(cloud, target), { modules });
  return Response.json(deviceRecord(moved));
}

/** `GET /hubs/H/devices/D/modules/M` */
export function getModule({ cloud, ids }: Call): Response {
  const device = findDevice(cloud, ids);
  const module = device.modules.get(ids[2] ?? "");
  if (module === undefined) throw missing("module", ids[2], `device ${device.id}`);
  return Response.json(moduleRecord(device.id, module));
}

/** `PUT /hubs/H/devices/D/modules/M`: makes a module or changes it behind the device's back. */
export async function putModule({ cloud, request, ids }: Call): Promise<Response> {
  const device = findDevice(cloud, ids);
  const settings = await readBody(request, ModuleBody);
  const module = device.putModule(ids[2] ?? "", settings, cloud.clock.now());
  return Response.json(moduleRecord(device.id, module));
}

/** `DELETE /hubs/H/devices/D/modules/M` */
export function deleteModule({ cloud, ids }: Call): Response {
  const device = findDevice(cloud, ids);
  if (!device.modules.delete(ids[2] ?? "")) throw missing("module", ids[2], `device ${device.id}`);
  return noContent();
}

function hubRecord(hub: Hub): Record<string, unknown> {
  const { id, hostName, port, strict, maxModules, listening } = hub;
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

function findHub(cloud: ControlledCloud, id = ""): Hub {
  const hub = cloud.hubs.get(id);
  if (hub === undefined) throw missing("hub", id, "the cloud");
  return hub;
}

/** The hub that is meant when none is named. */
function onlyHub(cloud: ControlledCloud): string {
  const [id] = cloud.hubs.keys();
  if (id === undefined || cloud.hubs.size > 1) {
    throw new ControlError(400, "hub: which one? The cloud has none or several");
  }
  return id;
}

function findDevice(cloud: ControlledCloud, ids: string[]): Device {
  const hub = findHub(cloud, ids[0]);
  const device = hub.devices.get(ids[1] ?? "");
  if (device === undefined) throw missing("device", ids[1], `hub ${hub.id}`);
  return device;
}
