// SPDX-License-Identifier: MIT

/**
 * What is logged of each request: `<-- METHOD target {headers}` when it comes and
 * `--> STATUS {headers}` when it is answered. A caller that polls fills a journal, so of the
 * successful GETs of one route by one user only the first is logged and then, once a minute, how
 * many came after it.
 */

import type { Log } from "../log/log.ts";
import { loggableHeaders } from "../log/redact.ts";
import type { Peer } from "./peer.ts";
import type { Route } from "./routes.ts";
import type { Target } from "./target.ts";

/** The length of a window in milliseconds. */
const WINDOW = 60_000;

/** What is logged of a request. */
export interface Arrival {
  readonly request: Request;
  readonly method: string;
  /** `undefined`: the request is for a proxy. */
  readonly target: Target | undefined;
  readonly peer: Peer;
}

/** A request whose answer is to be logged. */
export interface Entry {
  /** The `<--` record that waits for the answer: logged only if that is an error. */
  readonly held?: { readonly line: string; readonly window: Window };
  /** A GET that, when it succeeds, is the one of its minute that is logged. */
  readonly opens?: { readonly route: Route; readonly uid: number };
}

/** The successful GETs of one route by one user since one of them was logged. */
interface Window {
  readonly description: string;
  started: number;
  count: number;
  /** False once a minute has gone by without a request. */
  isOpen: boolean;
}

/** A log of requests and answers. Without level info it costs nothing. */
export class AccessLog {
  readonly enabled: boolean;
  readonly #windows = new Map<Route, Map<number, Window>>();

  /** `now`: a clock in milliseconds that is never set back. */
  constructor(readonly log: Log, readonly now: () => number = () => performance.now()) {
    this.enabled = log.enabled("info");
  }

  /** A request has come; `route` is the one it met, if any. */
  arrived({ request, method, target, peer }: Arrival, route: Route | undefined): Entry {
    const line = `<-- ${method} ${target?.text ?? request.url} ${loggableHeaders(request.headers)}`;
    const isPolling = route !== undefined && method === "GET";
    const window = isPolling ? this.#windows.get(route)?.get(peer.uid) : undefined;
    if (window !== undefined) return { held: { line, window } };
    this.log.info(line);
    return isPolling ? { opens: { route, uid: peer.uid } } : {};
  }

  /** An error is about to be logged: what it belongs to comes first. */
  reveal(entry: Entry): Entry {
    if (entry.held === undefined) return entry;
    this.log.info(entry.held.line);
    return {};
  }

  /** A request has been answered. */
  answered({ held, opens }: Entry, response: Response): void {
    const succeeded = response.status < 400;
    if (held !== undefined) {
      if (succeeded && held.window.isOpen) {
        held.window.count++;
        return;
      }
      this.log.info(held.line);
    }
    if (opens !== undefined && succeeded) this.#open(opens.route, opens.uid);
    this.log.info(`--> ${response.status} ${loggableHeaders(response.headers)}`);
  }

  /** Logs the counts of the windows that are over; to be called every few seconds. */
  flush(): void {
    const now = this.now();
    for (const [route, callers] of this.#windows) {
      for (const [uid, window] of callers) {
        if (now - window.started < WINDOW) continue;
        if (window.count === 0) {
          window.isOpen = false;
          callers.delete(uid);
          continue;
        }
        this.log.info(`${window.description}: ${window.count} more answered in the last minute`);
        window.count = 0;
        window.started = now;
      }
      if (callers.size === 0) this.#windows.delete(route);
    }
  }

  #open(route: Route, uid: number): void {
    let callers = this.#windows.get(route);
    if (callers === undefined) this.#windows.set(route, callers = new Map());
    const description = `GET ${pathOf(route)} by user ${uid}`;
    callers.set(uid, { description, started: this.now(), count: 0, isOpen: true });
  }
}

/** A route's path for readers: `^\/key\/([^/]+)$` is `/key/{}`. */
function pathOf(route: Route): string {
  return route.path.source.replace(/^\^|\$$/g, "").replaceAll("\\/", "/")
    .replace(/\([^()]*\)/g, "{}");
}
