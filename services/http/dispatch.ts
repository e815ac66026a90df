// SPDX-License-Identifier: MIT

/**
 * From a request to its answer. The order of the checks stands here and nowhere else, because
 * callers see it: host and target, api-version, route, method known, body, method offered, and
 * then the action, which authorizes first.
 */

import * as v from "valibot";
import type { Log } from "../log/log.ts";
import { AccessLog, type Entry } from "./access_log.ts";
import { announcesBody, BodyError, BodyReader, type ReadBody } from "./body.ts";
import { errorChain, errorText, ServiceError } from "./errors.ts";
import { parseJson } from "./parse_json.ts";
import type { Peer } from "./peer.ts";
import { apiVersionOf, Query, quote } from "./query.ts";
import { closing, errorBody } from "./response.ts";
import { type Action, type Call, type Match, type Route, RouteTable } from "./routes.ts";
import { isPlainHost, targetOf } from "./target.ts";

/** A service, as the handler of its requests knows it. */
export interface Service {
  /** The api-versions, oldest first. */
  readonly versions: readonly string[];
  readonly routes: readonly Route[];
  readonly log: Log;
  /** The time a body has, in milliseconds; default 5 s. */
  readonly bodyTime?: number;
  /** The largest body of an action that names no other, in bytes; default 1 MiB. */
  readonly maxBody?: number;
}

/** A request's connection: who is at its other end, and whether it ends with the answer. */
export interface Connection {
  readonly peer: Peer;
  /** The number at the serve adapter. */
  readonly number: number;
  /** Set when nothing can follow on it; the answer says so as well. */
  closes: boolean;
}

const BODY_TIME = 5_000;
const MAX_BODY = 1024 * 1024;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Answers the requests of a service; needs no socket. */
export class Dispatcher implements Disposable {
  readonly access: AccessLog;
  readonly #table: RouteTable;
  readonly #bodies: BodyReader;
  readonly #maxBody: number;
  readonly #log: Log;

  /** `bodies`: shared by all services of a process, so that large bodies wait for each other. */
  constructor(service: Service, bodies?: BodyReader) {
    this.access = new AccessLog(service.log);
    this.#table = new RouteTable(service.versions, service.routes);
    this.#bodies = bodies ?? new BodyReader(service.bodyTime ?? BODY_TIME);
    this.#maxBody = service.maxBody ?? MAX_BODY;
    this.#log = service.log;
  }

  /** Gives up the bodies that are being read. */
  [Symbol.dispose](): void {
    this.#bodies[Symbol.dispose]();
  }

  /** Answers one request. Never throws. */
  handle(request: Request, connection: Connection): Response | Promise<Response> {
    const target = targetOf(request.url);
    const query = new Query(target?.query ?? "");
    const version = apiVersionOf(query);
    const position = version === undefined ? undefined : this.#table.version(version);
    const match = target === undefined || position === undefined
      ? undefined
      : this.#table.match(target.path, position, connection.peer);

    const exchange: Exchange = { request, connection, entry: undefined, isHostless: false };
    if (this.access.enabled) {
      const text = target?.text ?? request.url;
      exchange.entry = this.access.arrived(request, text, match?.route, connection.peer);
    }

    const host = request.headers.get("host");
    exchange.isHostless = host === null;
    if (target === undefined || (host !== null && !isPlainHost(host))) {
      return this.#refuse(exchange, 400, "invalid Host header or request target");
    }
    if (version === undefined) return this.#refuse(exchange, 400, "api-version not specified");
    if (position === undefined) {
      return this.#refuse(exchange, 400, `invalid api-version ${quote(version)}`);
    }
    if (match === undefined) return this.#refuse(exchange, 404, "not found");

    switch (request.method) {
      case "GET": {
        const action = match.route.methods.GET;
        if (action === undefined) break;
        if (announcesBody(request.headers)) connection.closes = true;
        return this.#run(exchange, action, callOf(exchange, match, query, undefined));
      }
      case "POST":
      case "PUT":
      case "DELETE":
        return this.#withBody(exchange, match, query, request.method);
    }
    return this.#refuse(exchange, 400, "method not allowed");
  }

  async #withBody(
    exchange: Exchange,
    match: Match,
    query: Query,
    method: "POST" | "PUT" | "DELETE",
  ): Promise<Response> {
    const { request } = exchange;
    const action = match.route.methods[method];
    const isJson = isJsonType(request.headers.get("content-type"));
    if (method === "PUT" && !isJson) {
      return this.#refuse(exchange, 415, "request body must be application/json");
    }

    let read: ReadBody;
    try {
      read = await this.#bodies.read(request, action?.maxBody ?? this.#maxBody);
    } catch (error) {
      if (!(error instanceof BodyError)) throw error;
      exchange.connection.closes = true;
      return this.#answer(exchange, errorBody(error.status, errorText(error)));
    }
    try {
      const isPresent = method === "PUT" || (isJson && read.bytes.length > 0);
      const parsed = isPresent ? parse(read.bytes, action) : NO_BODY;
      if ("problem" in parsed) {
        return this.#answer(exchange, errorBody(422, parsed.problem));
      }
      if (action === undefined) {
        return this.#answer(exchange, errorBody(400, "method not allowed"));
      }
      if (!isPresent && action.body === "required") {
        return this.#answer(exchange, errorBody(400, "missing request body"));
      }
      return await this.#run(exchange, action, callOf(exchange, match, query, parsed.value));
    } finally {
      read.release();
    }
  }

  #run(exchange: Exchange, action: Action, call: Call): Response | Promise<Response> {
    try {
      const result = action.run(call);
      return result instanceof Response ? this.#answer(exchange, result) : result.then(
        (response) => this.#answer(exchange, response),
        (error) => this.#fail(exchange, error),
      );
    } catch (error) {
      return this.#fail(exchange, error);
    }
  }

  /** The answer to an error that an action has thrown. */
  #fail(exchange: Exchange, error: unknown): Response {
    if (error instanceof ServiceError && error.status < 500) {
      if (this.#log.enabled("info")) {
        for (const line of errorText(error).split("\n")) this.#log.info(`!!! ${line}`);
      }
      return this.#answer(exchange, errorBody(error.status, errorText(error)));
    }

    const isOurs = error instanceof ServiceError;
    const message = isOurs ? error.message : "internal error";
    const correlationId = crypto.randomUUID();
    this.#log.error(`!!! ${message} (correlationId ${correlationId})`);
    for (const cause of errorChain(error).slice(isOurs ? 1 : 0)) {
      for (const line of `caused by: ${cause}`.split("\n")) this.#log.error(`!!! ${line}`);
    }
    if (error instanceof Error && error.stack !== undefined) this.#log.debug(error.stack);
    return this.#answer(exchange, errorBody(isOurs ? error.status : 500, message, correlationId));
  }

  /** The answer to a request that met no action. */
  #refuse(exchange: Exchange, status: number, message: string): Response {
    if (announcesBody(exchange.request.headers)) exchange.connection.closes = true;
    return this.#answer(exchange, errorBody(status, message));
  }

  #answer(exchange: Exchange, response: Response): Response {
    // A client that sends no Host waits for the end of the connection when there is no length.
    if (exchange.isHostless && response.status === 204) exchange.connection.closes = true;
    if (exchange.entry !== undefined) this.access.answered(exchange.entry, response);
    return exchange.connection.closes ? closing(response) : response;
  }
}

/** A request on its way to its answer. */
interface Exchange {
  readonly request: Request;
  readonly connection: Connection;
  entry: Entry | undefined;
  isHostless: boolean;
}

const NO_BODY = { value: undefined };

function callOf(exchange: Exchange, match: Match, query: Query, body: unknown): Call {
  const { request, connection } = exchange;
  return {
    request,
    peer: connection.peer,
    params: match.params,
    query,
    body,
    // Not before it is asked for: the platform watches the connection from then on.
    get signal() {
      return request.signal;
    },
    connection: connection.number,
  };
}

/**
 * Whether a content type means JSON: absent or unreadable ones do, and `application/json` up to
 * the first `;`.
 */
function isJsonType(value: string | null): boolean {
  if (value === null || value === "application/json") return true;
  if (/[^\t\x20-\x7e]/.test(value)) return true;
  return value.split(";", 1)[0]?.trim() === "application/json";
}

function parse(
  bytes: Uint8Array,
  action: Action | undefined,
): { value: unknown } | { problem: string } {
  let value: unknown;
  try {
    value = parseJson(utf8.decode(bytes));
  } catch (error) {
    // The decoder's text names its own options; the parser's quotes the input, which is the
    // caller's and goes back to nobody else.
    return { problem: error instanceof SyntaxError ? error.message : "the body is not UTF-8" };
  }
  if (action === undefined || action.body === "none") return NO_BODY;
  if (action.schema === undefined) return { value };
  if (Array.isArray(value)) return { problem: "invalid type: expected an object" };
  const result = v.safeParse(action.schema, value, { abortEarly: true });
  if (result.success) return { value: result.output };
  const [issue] = result.issues;
  return { problem: problemOf(issue) };
}

/** What is wrong, without the value: it may be a key. */
function problemOf(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  const expected = issue.expected === null ? "" : `: expected ${issue.expected}`;
  return path === null ? `invalid body${expected}` : `invalid value of "${path}"${expected}`;
}
