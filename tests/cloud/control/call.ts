// SPDX-License-Identifier: MIT

/** One call of the control API: what actions get, how they refuse, how they read a body. */

import * as v from "valibot";
import type { Clock } from "../clock.ts";
import type { Faults } from "../faults.ts";
import type { Hub, HubSettings } from "../hub/hub.ts";
import type { RequestLog } from "../request_log.ts";

/** What the control API controls. */
export interface ControlledCloud {
  readonly hubs: ReadonlyMap<string, Hub>;
  readonly clock: Clock;
  readonly requests: RequestLog;
  readonly faults: Faults;
  addHub(id: string, settings: HubSettings): Promise<Hub>;
  removeHub(id: string): Promise<boolean>;
}

/** What an action gets. */
export interface Call {
  cloud: ControlledCloud;
  request: Request;
  query: URLSearchParams;
  /** The ids in the path, decoded, in order. */
  ids: string[];
}

/** What a route does. */
export type Action = (call: Call) => Response | Promise<Response>;

/** A call that cannot be met; becomes `{"error": message}`. */
export class ControlError extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

/** 404 for something that the path names. */
export function missing(kind: string, id: string | undefined, where: string): ControlError {
  return new ControlError(404, `there is no ${kind} ${JSON.stringify(id)} in ${where}`);
}

/** The body, checked. An empty one counts as `{}`: nothing to set. */
export async function readBody<S extends v.GenericSchema>(
  request: Request,
  schema: S,
): Promise<v.InferOutput<S>> {
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

/** Done, with nothing to tell. */
export function noContent(): Response {
  return new Response(null, { status: 204 });
}
