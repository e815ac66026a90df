// SPDX-License-Identifier: MIT

/** The request log. */

import { type Call, ControlError, noContent } from "./call.ts";

/** `GET /log?since=N`: JSON lines. */
export function getLog({ cloud, query }: Call): Response {
  const since = query.get("since") ?? "0";
  if (!/^\d{1,15}$/.test(since)) {
    throw new ControlError(400, `since: expected a number but received ${JSON.stringify(since)}`);
  }
  const entries = cloud.requests.since(Number(since));
  const lines = entries.map((entry) => JSON.stringify(entry) + "\n");
  return new Response(lines.join(""), { headers: { "content-type": "application/x-ndjson" } });
}

/** `DELETE /log` */
export function clearLog({ cloud }: Call): Response {
  cloud.requests.clear();
  return noContent();
}
