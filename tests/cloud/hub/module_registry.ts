// SPDX-License-Identifier: MIT

/** The five calls by which a device manages its own modules. */

import { type Answer, empty, json } from "../exchange.ts";
import { randomKeys } from "./credentials.ts";
import type { Device } from "./device.ts";
import { HubError } from "./hub_error.ts";
import { matches, newEtag } from "./identifiers.ts";
import { type Module, moduleRecord, newModule } from "./module.ts";
import type { ModuleBody } from "./module_body.ts";

/** Every module of the device, in the order of their creation; there is no paging. */
export function listModules(device: Device): Answer {
  return json(200, [...device.modules.values()].map((module) => moduleRecord(device.id, module)));
}

/** One module. */
export function getModule(device: Device, id: string): Answer {
  return answer(device, existing(device, id));
}

/** Creates the module when there is no `if-match`, and changes it when there is one. */
export function putModule(
  device: Device,
  id: string,
  body: ModuleBody,
  conditions: { ifMatch: string | undefined; maxModules: number; now: Date },
): Answer {
  const { ifMatch, maxModules, now } = conditions;
  return ifMatch === undefined
    ? create(device, id, body, maxModules, now)
    : update(device, existing(device, id), body, ifMatch);
}

/** Removes the module; 204. */
export function deleteModule(
  device: Device,
  id: string,
  conditions: { ifMatch: string | undefined; strict: boolean },
): Answer {
  const { ifMatch, strict } = conditions;
  const module = existing(device, id);
  if (ifMatch === undefined) {
    if (strict) throw preconditionFailed("a delete needs if-match");
  } else if (!matches(ifMatch, module.etag)) {
    throw preconditionFailed("the module has another etag");
  }
  device.modules.delete(id);
  return empty(204);
}

function create(
  device: Device,
  id: string,
  body: ModuleBody,
  maxModules: number,
  now: Date,
): Answer {
  if (device.modules.has(id)) {
    throw new HubError(
      409,
      "ModuleAlreadyExistsOnDevice",
      `module ${id} already exists on device ${device.id}`,
    );
  }
  if (device.modules.size >= maxModules) {
    throw new HubError(
      413,
      "TooManyModulesOnDevice",
      `device ${device.id} has ${maxModules} modules already`,
    );
  }
  const { managedBy, credentials = randomKeys() } = body;
  const module = newModule(id, { managedBy, credentials }, now);
  device.modules.set(id, module);
  return answer(device, module);
}

function update(device: Device, module: Module, body: ModuleBody, ifMatch: string): Answer {
  if (!matches(ifMatch, module.etag)) throw preconditionFailed("the module has another etag");
  module.managedBy = body.managedBy;
  module.credentials = body.credentials ?? module.credentials;
  module.etag = newEtag();
  return answer(device, module);
}

function existing(device: Device, id: string): Module {
  const module = device.modules.get(id);
  if (module !== undefined) return module;
  throw new HubError(404, "ModuleNotFound", `there is no module ${id} on device ${device.id}`);
}

function answer(device: Device, module: Module): Answer {
  return json(200, moduleRecord(device.id, module), [["etag", `"${module.etag}"`]]);
}

function preconditionFailed(detail: string): HubError {
  return new HubError(412, "PreconditionFailed", detail);
}
