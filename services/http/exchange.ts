// SPDX-License-Identifier: MIT

import type { Entry } from "./access_log.ts";
import type { Peer } from "./peer.ts";
import { Query } from "./query.ts";
import type { Call } from "./routes.ts";
import { type Target, targetOf } from "./target.ts";

const NO_PARAMS: readonly string[] = [];

/** One request from its arrival to its answer; an action sees it as its {@link Call}. */
export class Exchange implements Call {
  params: readonly string[] = NO_PARAMS;
  body: unknown = undefined;
  readonly method: string;
  /** `undefined`: the request is for a proxy. */
  readonly target: Target | undefined;
  readonly host: string | null;
  /** Set when nothing can follow on the connection; the answer says so as well. */
  closes = false;
  entry: Entry | undefined = undefined;
  #query: Query | undefined = undefined;

  /** `connection`: its number at the serve adapter. */
  constructor(readonly request: Request, readonly peer: Peer, readonly connection: number) {
    this.method = request.method;
    this.target = targetOf(request.url);
    this.host = request.headers.get("host");
  }

  get query(): Query {
    return this.#query ??= new Query(this.target?.query ?? "");
  }

  /** Not before it is asked for: the platform watches the connection from then on. */
  get signal(): AbortSignal {
    return this.request.signal;
  }
}
