// SPDX-License-Identifier: MIT

/**
 * From a request to its answer. The order of the checks stands here and nowhere else, because
 * callers see it: host and target, api-version, route, method known, body, method offered, and
 * then the action, which authorizes first.
 */

import type { Log } from "../log/log.ts";
import { AccessLog } from "./access_log.ts";
import { announcesBody, type BodyError, type BodyReader } from "./body.ts";
import { checkBody } from "./check_body.ts";
import { errorChain, errorText, ServiceError } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { apiVersionOf, quote } from "./query.ts";
import { errorBody } from "./response.ts";
import { type Action, type Route, RouteTable } from "./routes.ts";
import { isPlainHost } from "./target.ts";

/** A service, as the handler of its requests knows it. */
export interface Service {
  /** The api-versions, oldest first. */
  readonly versions: readonly string[];
  readonly routes: readonly Route[];
  readonly log: Log;
  /** Shared by all services of a process, so that large bodies wait for each other. */
  readonly bodies: BodyReader;
  /** The largest body of an action that names no other, in bytes; default 1 MiB. */
  readonly maxBody?: number;
}

/** What an exchange ends in. */
type Answer = Response | Promise<Response>;

const MAX_BODY = 1024 * 1024;

/** Answers the requests of a service; needs no socket. */
export class Dispatcher {
  readonly access: AccessLog;
  readonly #table: RouteTable;
  readonly #bodies: BodyReader;
  readonly #maxBody: number;
  readonly #log: Log;
  readonly #finish: (exchange: Exchange, response: Response) => Answer;

  /** `finish` is handed every answer last, and may replace it. */
  constructor(
    service: Service,
    finish: (exchange: Exchange, response: Response) => Answer = (_, response) => response,
  ) {
    this.access = new AccessLog(service.log);
    this.#table = new RouteTable(service.versions, service.routes);
    this.#bodies = service.bodies;
    this.#maxBody = service.maxBody ?? MAX_BODY;
    this.#log = service.log;
    this.#finish = finish;
  }

  /** Answers one request. Never throws, and its promise never rejects. */
  handle(exchange: Exchange): Answer {
    const { target, host, peer } = exchange;
    const name = target === undefined ? undefined : apiVersionOf(target.query);
    const version = name === undefined ? undefined : this.#table.version(name);
    const match = target === undefined || version === undefined
      ? undefined
      : this.#table.match(target.path, version, peer);
    if (this.access.enabled) exchange.entry = this.access.arrived(exchange, match?.route);

    if (target === undefined || (host !== null && !isPlainHost(host))) {
      return this.#refuse(exchange, 400, "invalid Host header or request target");
    }
    if (name === undefined) return this.#refuse(exchange, 400, "api-version not specified");
    if (version === undefined) {
      return this.#refuse(exchange, 400, `invalid api-version ${quote(name)}`);
    }
    if (match === undefined) return this.#refuse(exchange, 404, "not found");
    exchange.params = match.params;

    switch (exchange.method) {
      case "GET": {
        const action = match.route.methods.GET;
        if (action === undefined) break;
        if (announcesBody(exchange.request.headers)) exchange.closes = true;
        return this.#run(exchange, action);
      }
      case "POST":
        return this.#withBody(exchange, match.route.methods.POST);
      case "PUT":
        if (!isJson(exchange)) {
          return this.#refuse(exchange, 415, "request body must be application/json");
        }
        return this.#withBody(exchange, match.route.methods.PUT);
      case "DELETE":
        return this.#withBody(exchange, match.route.methods.DELETE);
    }
    return this.#refuse(exchange, 400, "method not allowed");
  }

  #withBody(exchange: Exchange, action: Action | undefined): Answer {
    return this.#bodies.read<Response>(
      exchange.request,
      action?.maxBody ?? this.#maxBody,
      (bytes) => this.#received(exchange, action, bytes),
      (error) => this.#notReceived(exchange, error),
      exchange.peer.uid,
    );
  }

  #notReceived(exchange: Exchange, error: BodyError): Answer {
    exchange.closes = true;
    return this.#answer(exchange, errorBody(error.status, errorText(error)));
  }

  #received(exchange: Exchange, action: Action | undefined, bytes: Uint8Array): Answer {
    const isPresent = exchange.method === "PUT" || (bytes.length > 0 && isJson(exchange));
    if (isPresent) {
      const checked = checkBody(bytes, action);
      if (checked.problem !== undefined) {
        return this.#answer(exchange, errorBody(422, checked.problem));
      }
      exchange.body = checked.value;
    }
    if (action === undefined) return this.#answer(exchange, errorBody(400, "method not allowed"));
    if (!isPresent && action.body === "required") {
      return this.#answer(exchange, errorBody(400, "missing request body"));
    }
    return this.#run(exchange, action);
  }

  #run(exchange: Exchange, action: Action): Answer {
    try {
      const result = action.run(exchange);
      if (result instanceof Response) return this.#answer(exchange, result);
      return result.then(
        (response) => this.#answer(exchange, response),
        (error) => this.#fail(exchange, error),
      );
    } catch (error) {
      return this.#fail(exchange, error);
    }
  }

  /** The answer to an error that an action has thrown. */
  #fail(exchange: Exchange, error: unknown): Answer {
    if (exchange.entry !== undefined) exchange.entry = this.access.reveal(exchange.entry);
    if (error instanceof ServiceError && error.status < 500) {
      const text = errorText(error);
      if (this.access.enabled) {
        for (const line of firstLines(text)) this.#log.info(`!!! ${line}`);
      }
      return this.#answer(exchange, errorBody(error.status, text));
    }

    const isService = error instanceof ServiceError;
    const message = isService ? error.message : "internal error";
    const correlationId = crypto.randomUUID();
    this.#log.error(`!!! ${message} (correlationId ${correlationId})`);
    for (const cause of errorChain(error).slice(isService ? 1 : 0)) {
      for (const line of firstLines(`caused by: ${cause}`)) this.#log.error(`!!! ${line}`);
    }
    if (error instanceof Error) this.#log.debug(error.stack ?? error.message);
    const status = isService ? error.status : 500;
    return this.#answer(exchange, errorBody(status, message, correlationId));
  }

  /** The answer to a request that met no action, and whose body nobody reads. */
  #refuse(exchange: Exchange, status: number, message: string): Answer {
    if (announcesBody(exchange.request.headers)) exchange.closes = true;
    return this.#answer(exchange, errorBody(status, message));
  }

  #answer(exchange: Exchange, response: Response): Answer {
    // A client that sends no Host waits for the end of the connection when there is no length.
    if (exchange.host === null && response.status === 204) exchange.closes = true;
    if (exchange.entry !== undefined) this.access.answered(exchange.entry, response);
    return this.#finish(exchange, response);
  }
}

/** So many records one error may make: ids from callers, with their line ends, stand in some. */
const LINES = 16;

function firstLines(text: string): string[] {
  const lines = text.split("\n", LINES + 1);
  return lines.length > LINES ? [...lines.slice(0, LINES), "…"] : lines;
}

/**
 * Whether a request's content type means JSON: an absent or unreadable one does, and
 * `application/json` up to the first `;`.
 */
function isJson(exchange: Exchange): boolean {
  const type = exchange.request.headers.get("content-type");
  if (type === null || type === "application/json") return true;
  if (/[^\t\x20-\x7e]/.test(type)) return true;
  return type.split(";", 1)[0]?.trim() === "application/json";
}
