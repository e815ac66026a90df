// SPDX-License-Identifier: MIT

/** Ordering faults and ending them. */

import { type Call, missing, noContent, readBody } from "./call.ts";
import { FaultBody } from "./schemas.ts";

/** `POST /faults`: puts one in force. */
export async function addFault({ cloud, request }: Call): Promise<Response> {
  const { match = {}, ...order } = await readBody(request, FaultBody);
  return Response.json({ id: cloud.faults.add({ ...order, match }) });
}

/** `GET /faults`: those in force. */
export function listFaults({ cloud }: Call): Response {
  return Response.json(cloud.faults.list());
}

/** `DELETE /faults`: ends all. */
export function clearFaults({ cloud }: Call): Response {
  cloud.faults.clear();
  return noContent();
}

/** `DELETE /faults/ID`: ends one. */
export function removeFault({ cloud, ids: [id] }: Call): Response {
  if (!cloud.faults.remove(Number(id))) throw missing("fault", id, "force");
  return noContent();
}
