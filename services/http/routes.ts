// SPDX-License-Identifier: MIT

/** What a service offers: its paths, their methods, and what each does. */

import type * as v from "valibot";
import type { Peer } from "./peer.ts";
import type { Query } from "./query.ts";
import { decodeSegment } from "./target.ts";

/** The methods a service can offer; any other is answered 400. */
export type Method = "GET" | "POST" | "PUT" | "DELETE";

/** One path of a service. */
export interface Route {
  /** Matches the whole raw path (`^…$`, nothing decoded); its groups become `call.params`. */
  readonly path: RegExp;
  /** The first of the service's api-versions that has it; absent: all have it. */
  readonly since?: string;
  /** Does not match a caller whose pid is unknown. */
  readonly needsPid?: boolean;
  readonly methods: { readonly [M in Method]?: Action };
}

/**
 * Whether an action has a body: `required` (none: 400 `missing request body`), `optional`, or
 * `none` (whatever JSON comes is not looked at). A PUT needs JSON in any case.
 */
export type BodyUse = "none" | "optional" | "required";

/** The schemas a body is checked with. */
export type BodySchema = v.GenericSchema;

/** What a method of a route does. Made by {@link action}, which types the body. */
export interface Action<Body = unknown> {
  readonly body: BodyUse;
  /** What a body must be; an array never matches. Absent: any JSON value. */
  readonly schema?: BodySchema;
  /** The largest body in bytes; default 1 MiB. */
  readonly maxBody?: number;
  /**
   * Authorizes the caller, first of all, and does the work. Throws `ServiceError` for an answer
   * that is an error; anything else thrown is a 500 whose reason goes to the log alone.
   */
  run(call: Call<Body>): Response | Promise<Response>;
}

/** One request, its body read and checked. */
export interface Call<Body = unknown> {
  readonly request: Request;
  readonly peer: Peer;
  /** The groups of the route's path, percent-decoded. */
  readonly params: readonly string[];
  readonly query: Query;
  readonly body: Body;
  /** Aborts when the caller has gone away. */
  readonly signal: AbortSignal;
  /** The connection's number at the serve adapter. */
  readonly connection: number;
}

/** The type of a body as an action gets it. */
export type BodyOf<Use extends BodyUse, Schema extends BodySchema | undefined> = Use extends "none"
  ? undefined
  :
    | (Schema extends BodySchema ? v.InferOutput<Schema> : unknown)
    | (Use extends "optional" ? undefined : never);

/** Declares an action; `run` sees the body as the schema makes it. */
export function action<
  Use extends BodyUse,
  Schema extends BodySchema | undefined = undefined,
>(declared: {
  readonly body: Use;
  readonly schema?: Schema;
  readonly maxBody?: number;
  run(call: Call<BodyOf<Use, Schema>>): Response | Promise<Response>;
}): Action {
  const { schema, ...rest } = declared;
  return schema === undefined ? rest : { ...rest, schema };
}

/** A route that a request met. */
export interface Match {
  readonly route: Route;
  readonly params: readonly string[];
}

/** A path pattern without groups and alternatives, such as `^\/derivedkey\/export$`. */
const LITERAL = /^\^((?:\\\/|[A-Za-z0-9_-])+)\$$/;

/** A route whose api-versions begin at a position in the service's list. */
interface Candidate {
  readonly route: Route;
  readonly since: number;
}

/** The routes of a service, in the order in which they are tried. */
export class RouteTable {
  readonly #versions: ReadonlyMap<string, number>;
  readonly #candidates: readonly Candidate[];
  /** For each path that a pattern names in full, what it meets; found once and for all. */
  readonly #literal = new Map<string, readonly (Match & Candidate)[]>();

  /** `versions`: oldest first. Throws when a route names none of them. */
  constructor(versions: readonly string[], routes: readonly Route[]) {
    this.#versions = new Map(versions.map((version, index) => [version, index]));
    this.#candidates = routes.map((route) => {
      const since = route.since === undefined ? 0 : this.#versions.get(route.since);
      if (since === undefined) throw new Error(`${route.path}: no api-version ${route.since}`);
      return { route, since };
    });
    for (const { route } of this.#candidates) {
      const path = literalOf(route.path);
      if (path === undefined) continue;
      const met = this.#candidates.flatMap((candidate) => {
        const match = matchOf(candidate.route, path);
        return match === undefined ? [] : [{ ...candidate, ...match }];
      });
      this.#literal.set(path, met);
    }
  }

  /** Position of an api-version, to be passed to {@link match}; `undefined`: not one of ours. */
  version(name: string): number | undefined {
    return this.#versions.get(name);
  }

  /** The first route that has this path in this api-version for this caller. */
  match(path: string, version: number, peer: Peer): Match | undefined {
    const isOffered = ({ since, route }: Candidate) =>
      since <= version && !(route.needsPid && peer.pid === 0);
    const known = this.#literal.get(path);
    if (known !== undefined) return known.find(isOffered);
    for (const candidate of this.#candidates) {
      const match = isOffered(candidate) ? matchOf(candidate.route, path) : undefined;
      if (match !== undefined) return match;
    }
    return undefined;
  }
}

function matchOf(route: Route, path: string): Match | undefined {
  const groups = route.path.exec(path);
  if (groups === null) return undefined;
  const params: string[] = [];
  for (let index = 1; index < groups.length; index++) {
    const param = decodeSegment(groups[index] ?? "");
    if (param === undefined) return undefined;
    params.push(param);
  }
  return { route, params };
}

function literalOf(pattern: RegExp): string | undefined {
  if (pattern.flags !== "") return undefined;
  return LITERAL.exec(pattern.source)?.[1]?.replaceAll("\\/", "/");
}
