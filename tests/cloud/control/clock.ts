// SPDX-License-Identifier: MIT

/** The cloud's clock. */

import { type Call, readBody } from "./call.ts";
import { ClockBody } from "./schemas.ts";

/** `GET /clock` */
export function getClock({ cloud: { clock } }: Call): Response {
  const { offsetSeconds, dateSkewSeconds } = clock;
  return Response.json({ now: clock.now().toISOString(), offsetSeconds, dateSkewSeconds });
}

/** `POST /clock`: what is not set stays. */
export async function setClock(call: Call): Promise<Response> {
  const { clock } = call.cloud;
  const body = await readBody(call.request, ClockBody);
  clock.offsetSeconds = body.offsetSeconds ?? clock.offsetSeconds;
  clock.dateSkewSeconds = body.dateSkewSeconds ?? clock.dateSkewSeconds;
  return getClock(call);
}
