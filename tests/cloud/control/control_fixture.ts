// SPDX-License-Identifier: MIT

/** A cloud and a way to call its control API, for the tests of that API. */

import assert from "node:assert/strict";
import { type Cloud, startCloud } from "../cloud.ts";

/** Calls the control API: the status, and the body parsed when it is JSON. */
export type ControlCall = (
  method: string,
  path: string,
  body?: unknown,
) => Promise<[status: number, body: unknown]>;

/** Runs `use` with a fresh cloud. A body that is a text is sent as it is. */
export async function withCloud(
  use: (control: ControlCall, cloud: Cloud) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await using cloud = await startCloud({ dir });
    await use(async (method, path, body) => {
      const text = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
      const answer = await fetch(cloud.control + path, {
        method,
        ...(text === undefined ? {} : { body: text }),
      });
      const answered = await answer.text();
      const json = answer.headers.get("content-type")?.startsWith("application/json");
      return [answer.status, json ? JSON.parse(answered) : answered];
    }, cloud);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** The members of a JSON object in an answer. */
export function members(value: unknown): Record<string, unknown> {
  assert.ok(typeof value === "object" && value !== null);
  return value as Record<string, unknown>;
}
