// SPDX-License-Identifier: MIT

/**
 * Faults that the owner of the cloud has ordered: which requests they hit and how often. What
 * they do is in fault_effects.ts.
 */

import type { CloudRequest, Surface } from "./exchange.ts";
import type { Rewrite } from "./rewrite.ts";

/** Which requests a fault hits; a member that is absent matches all. */
export interface FaultMatch {
  surface?: string;
  /** The instance of the surface, such as the hub's id. */
  instance?: string;
  method?: string;
  /** A regular expression, tested against the path as sent, without the query. */
  path?: string;
  /** The id of the device that the request is about. */
  device?: string;
}

/** What happens to a request that is hit. */
export type Fault =
  | StatusFault
  | ThrottleFault
  | DelayFault
  | DropFault
  | ({ kind: "rewrite" } & Rewrite);

/** Another answer than the surface's. */
export interface StatusFault {
  kind: "status";
  status: number;
  /** Absent: the surface's own error body. A text goes out as it is, `null` as an empty body. */
  body?: unknown;
  /** Default `application/json`; `null` leaves the header out. */
  contentType?: string | null;
  /** Adds `"networkError": true` to the surface's own error body. */
  networkError?: boolean;
  headers?: Record<string, string>;
  /** The request takes effect all the same; only its answer is lost. */
  perform?: boolean;
}

/** 429. */
export interface ThrottleFault {
  kind: "throttle";
  /** For the header: a number of seconds, or a text as it is. Absent: no header. */
  retryAfter?: number | string;
  /** The number of seconds is written as the date that it leads to. */
  asDate?: boolean;
}

/** The answer comes late. */
export interface DelayFault {
  kind: "delay";
  /** Real seconds, fractions included. */
  seconds: number;
  /** Silence before the head, the default, or a body that drips for the whole time. */
  where?: "head" | "body";
}

/** The answer does not come, or not all of it. */
export interface DropFault {
  kind: "drop";
  /** The connection is cut before the answer or after half its body, or just never answered. */
  when: "before-answer" | "half-body" | "never";
  /** For `before-answer` and `never`: the request takes effect all the same. */
  perform?: boolean;
}

/** An order. */
export interface FaultOrder {
  match: FaultMatch;
  fault: Fault;
  /** How many requests it hits before it is used up; absent: no end. */
  count?: number;
  /** How many matching requests pass unharmed first; default 0. */
  skip?: number;
  /** From 0 to 1, for each matching request; default 1. */
  probability?: number;
}

/** An order that is in force. */
export interface ActiveFault extends FaultOrder {
  id: number;
  /** How many requests it has hit. */
  hits: number;
}

/** The orders in force, oldest first. */
export class Faults {
  #active: { order: ActiveFault; path: RegExp | undefined }[] = [];
  #last = 0;

  /** @param random from 0 to below 1, for probabilities */
  constructor(private readonly random: () => number = Math.random) {}

  /** Puts an order in force and answers with its id. Throws a RangeError for a bad pattern. */
  add(order: FaultOrder): number {
    const path = pattern(order.match.path);
    this.#active.push({ order: { ...order, id: ++this.#last, hits: 0 }, path });
    return this.#last;
  }

  /** The orders in force. */
  list(): ActiveFault[] {
    return this.#active.map(({ order }) => order);
  }

  /** Ends one order; answers whether it was in force. */
  remove(id: number): boolean {
    const left = this.#active.filter(({ order }) => order.id !== id);
    const found = left.length < this.#active.length;
    this.#active = left;
    return found;
  }

  /** Ends all orders. */
  clear(): void {
    this.#active = [];
  }

  /** The fault that hits this request, if any: the oldest order that matches counts. */
  take(surface: Surface, request: CloudRequest): Fault | undefined {
    for (const { order, path } of this.#active) {
      if (!hits(order.match, surface, request) || path?.test(request.path) === false) continue;
      if (order.skip !== undefined && order.skip > 0) {
        order.skip--;
        continue;
      }
      if (this.random() >= (order.probability ?? 1)) continue;
      order.hits++;
      if (order.count !== undefined && order.hits >= order.count) this.remove(order.id);
      return order.fault;
    }
    return undefined;
  }
}

function hits(match: FaultMatch, surface: Surface, request: CloudRequest): boolean {
  return (match.surface === undefined || match.surface === surface.surface) &&
    (match.instance === undefined || match.instance === surface.instance) &&
    (match.method === undefined || match.method === request.method) &&
    (match.device === undefined || match.device === surface.deviceOf(request.path));
}

function pattern(source: string | undefined): RegExp | undefined {
  try {
    return source === undefined ? undefined : new RegExp(source);
  } catch (cause) {
    throw new RangeError(`match.path: ${JSON.stringify(source)} is not a regular expression`, {
      cause,
    });
  }
}
