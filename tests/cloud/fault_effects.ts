// SPDX-License-Identifier: MIT

/** What a fault makes of a request: another answer, another delivery, or nothing at all. */

import type { Clock } from "./clock.ts";
import type { Answer, CloudRequest, Handled, Surface } from "./exchange.ts";
import type { Fault, StatusFault, ThrottleFault } from "./faults.ts";
import { rewrite } from "./rewrite.ts";

/** How an answer goes out. */
export type Delivery =
  | { kind: "whole"; afterSeconds: number }
  | { kind: "drip"; seconds: number }
  | { kind: "half" };

/** What happens with one request. */
export interface Outcome {
  /** What the surface said, when it was asked. */
  handled?: Handled;
  /** The answer with the way it goes out; `cut` and `hang` send none. */
  reply: { answer: Answer; delivery: Delivery } | "cut" | "hang";
}

/** The usual way. */
export const AT_ONCE: Delivery = { kind: "whole", afterSeconds: 0 };

/** Lets the surface answer, as far as the fault lets it. */
export function respond(
  fault: Fault | undefined,
  surface: Surface,
  request: CloudRequest,
  host: string,
  clock: Clock,
): Outcome {
  const handle = () => surface.handle(request, host);
  const whole = (handled: Handled, delivery: Delivery): Outcome => ({
    handled,
    reply: { answer: handled.answer, delivery },
  });
  const instead = (reply: Outcome["reply"], perform = false): Outcome =>
    perform ? { handled: handle(), reply } : { reply };

  switch (fault?.kind) {
    case undefined:
      return whole(handle(), AT_ONCE);
    case "status":
      return instead(
        { answer: statusAnswer(fault, surface, clock), delivery: AT_ONCE },
        fault.perform,
      );
    case "throttle":
      return instead({ answer: throttleAnswer(fault, surface, clock), delivery: AT_ONCE });
    case "delay":
      return whole(
        handle(),
        fault.where === "body"
          ? { kind: "drip", seconds: fault.seconds }
          : { kind: "whole", afterSeconds: fault.seconds },
      );
    case "drop":
      if (fault.when === "half-body") return whole(handle(), { kind: "half" });
      return instead(fault.when === "never" ? "hang" : "cut", fault.perform);
    case "rewrite": {
      const handled = handle();
      const { answer } = handled;
      if (answer.body === "") return whole(handled, AT_ONCE);
      const body = JSON.stringify(rewrite(JSON.parse(answer.body), fault));
      return whole({ ...handled, answer: { ...answer, body } }, AT_ONCE);
    }
  }
}

function statusAnswer(fault: StatusFault, surface: Surface, clock: Clock): Answer {
  const { status, body } = fault;
  const { contentType = body === null ? null : "application/json" } = fault;
  const headers: [string, string][] = contentType === null ? [] : [["content-type", contentType]];
  headers.push(...Object.entries(fault.headers ?? {}));
  return { status, headers, body: statusBody(fault, surface, clock) };
}

function statusBody(fault: StatusFault, surface: Surface, clock: Clock): string {
  const { status, body, networkError } = fault;
  // 204 and 304 have no body by definition.
  if (body === null || status === 204 || status === 304) return "";
  if (typeof body === "string") return body;
  if (body !== undefined) return JSON.stringify(body);
  const own = surface.errorAnswer(status, "an ordered fault", clock.now()).body;
  if (networkError === undefined) return own;
  return JSON.stringify(rewrite(JSON.parse(own), { set: { networkError } }));
}

function throttleAnswer(fault: ThrottleFault, surface: Surface, clock: Clock): Answer {
  const answer = surface.errorAnswer(429, "too many requests", clock.now());
  const { retryAfter, asDate = false } = fault;
  if (retryAfter === undefined) return answer;
  const value = asDate && typeof retryAfter === "number"
    ? new Date(clock.now().getTime() + retryAfter * 1000).toUTCString()
    : String(retryAfter);
  return { ...answer, headers: [...answer.headers, ["retry-after", value]] };
}
