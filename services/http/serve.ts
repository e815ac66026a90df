// SPDX-License-Identifier: MIT

/**
 * Serves a route table on listening unix sockets with `Deno.serve`. The serve adapter
 * (`ffi/serve`) lets it have them and shows it the callers; nothing else here knows of it but
 * {@link peerOf}, `reception.ts` and `endings.ts`.
 */

import type { Log } from "../log/log.ts";
import { Dispatcher } from "./dispatch.ts";
import { errorChain } from "./errors.ts";
import { Exchange } from "./exchange.ts";
import type { Listener } from "./listeners.ts";
import { type Peer, peerOf } from "./peer.ts";
import { type Guest, type Reception, reception } from "./reception.ts";
import { errorBody, isStream } from "./response.ts";
import type { Route } from "./routes.ts";
import { within } from "./within.ts";

/** How a service is served. */
export interface ServeOptions {
  readonly listeners: readonly Listener[];
  /** The api-versions, oldest first. */
  readonly versions: readonly string[];
  readonly routes: readonly Route[];
  /** Connections that one user may have open at a time to one listener; 0 refuses everybody. */
  readonly maxConnections: number;
  readonly limits?: Limits;
  readonly log: Log;
  /** What the process's servers share; default the process's own. */
  readonly reception?: Reception;
}

/** Limits that a service seldom changes. */
export interface Limits {
  /** Connections open at a time to one listener, of all users; default 256. */
  readonly all?: number;
  /** Bytes of a body whose action names no other limit; default 1 MiB. */
  readonly maxBody?: number;
}

/** A service that is being served. */
export interface Server {
  /**
   * Stops accepting, ends idle connections at once, lets requests finish for up to `graceMs`
   * (before the time scale) and then cuts what is left. The socket files stay.
   */
  close(graceMs: number): Promise<void>;
}

/** The adapter's name for the listener that was passed as descriptor N is this, port N. */
const HOSTNAME = "fdac:5d5d::";
/** Over HTTP/1 a connection has one request at a time, so this only bounds HTTP/2's streams. */
const STREAMS = 4;
const ALL = 256;
/** The adapter's integers are 32 bits wide; more connections than this nobody can have. */
const MANY = 1_000_000;
/** How long a connection that was cut may take to be gone, in milliseconds. */
const CUT = 1_000;

/**
 * Begins to serve; callers are answered from then on. Throws, with the descriptor and the units in
 * the message, when the adapter is not active for every listener: without it nobody could be told
 * apart.
 */
export async function serve(options: ServeOptions): Promise<Server> {
  const server = new RunningServer(options, options.reception ?? reception());
  await server.start();
  return server;
}

/** An exchange that comes from a socket. */
class ServedExchange extends Exchange {
  info: Deno.ServeHandlerInfo<Deno.NetAddr> | undefined = undefined;
}

class RunningServer implements Server, Guest {
  readonly log: Log;
  readonly #dispatcher: Dispatcher;
  readonly #servers: Deno.HttpServer[] = [];
  /** Connections with a request in a handler. */
  readonly #busy = new Set<number>();

  constructor(readonly options: ServeOptions, readonly reception: Reception) {
    const { versions, routes, limits, log } = options;
    this.log = log;
    const service = { versions, routes, log, bodies: reception.bodies };
    this.#dispatcher = new Dispatcher(
      limits?.maxBody === undefined ? service : { ...service, maxBody: limits.maxBody },
      (exchange, response) => this.#finish(exchange, response),
    );
  }

  async start(): Promise<void> {
    const { listeners, maxConnections, limits } = this.options;
    const { adapter } = this.reception;
    const all = Math.min(MANY, Math.max(limits?.all ?? ALL, maxConnections));
    const before = adapter.adopted();
    for (const listener of listeners) {
      try {
        adapter.limits(listener.descriptor, all, Math.min(MANY, maxConnections));
        this.#servers.push(this.#listen(listener.descriptor));
      } catch (cause) {
        await this.close(0);
        throw new Error(inactive(listener), { cause });
      }
    }
    this.reception.enter(this);
    const [first] = listeners;
    if (first !== undefined && adapter.adopted() - before !== listeners.length) {
      await this.close(0);
      throw new Error(inactive(first));
    }
  }

  async close(graceMs: number): Promise<void> {
    const grace = graceMs * this.reception.scale;
    const start = performance.now();
    await this.reception.bodies.allRead(grace);
    const finished = Promise.all(this.#servers.map((server) => server.shutdown()));
    if (!await within(finished, Math.max(0, grace - (performance.now() - start)))) {
      for (const connection of this.#busy) this.reception.adapter.shut(connection);
      await within(finished, CUT * this.reception.scale);
    }
    this.reception.leave(this);
  }

  swept(): void {
    this.#dispatcher.access.flush();
  }

  #listen(descriptor: number): Deno.HttpServer {
    return Deno.serve(
      {
        hostname: HOSTNAME,
        port: descriptor,
        automaticCompression: false,
        onListen() {},
        onError: (error) => this.#failed(error),
      },
      (request, info) => this.#handle(request, info),
    );
  }

  #handle(
    request: Request,
    info: Deno.ServeHandlerInfo<Deno.NetAddr>,
  ): Response | Promise<Response> {
    const { adapter } = this.reception;
    const address = info.remoteAddr;
    const { port: number } = address;
    if (adapter.busy(number, 1) > STREAMS) adapter.shut(number);
    this.#busy.add(number);

    let peer: Peer;
    try {
      peer = peerOf(address);
    } catch (error) {
      this.log.error(`request refused: ${errorChain(error).join(": ")}`);
      return this.#lastAnswer(errorBody(500, "internal error"), number);
    }
    const exchange = new ServedExchange(request, peer, number);
    exchange.info = info;
    return this.#dispatcher.handle(exchange);
  }

  #finish(exchange: Exchange, response: Response): Response | Promise<Response> {
    const { connection, closes } = exchange;
    if (isStream(response)) {
      if (closes) response.headers.set("connection", "close");
      if (exchange instanceof ServedExchange) this.#whenSent(exchange);
      return response;
    }
    if (closes) return this.#lastAnswer(response, connection);
    // A flat answer is out of our hands now, and the adapter's clock sees it sent.
    this.#idle(connection);
    return response;
  }

  /** The end of an answer that is produced while it is sent. */
  #whenSent({ info, connection, closes }: ServedExchange): void {
    const { endings } = this.reception;
    const sent = () => {
      if (!closes) return this.#idle(connection);
      endings.afterAnswer(
        connection,
        endings.mark(connection) - 1,
        0,
        () => this.#idle(connection),
      );
    };
    info?.completed.then(sent, sent);
  }

  /** Hands an answer over after which the connection is shut. */
  async #lastAnswer(response: Response, number: number): Promise<Response> {
    const { endings } = this.reception;
    const type = response.headers.get("content-type");
    const body = response.body === null ? null : await response.bytes();
    endings.afterAnswer(number, endings.mark(number), body?.length ?? 0, () => this.#idle(number));
    return new Response(body, {
      status: response.status,
      headers: [...type === null ? [] : [["content-type", type]], ["connection", "close"]],
    });
  }

  #idle(number: number): void {
    if (this.reception.adapter.busy(number, -1) <= 0) this.#busy.delete(number);
  }

  /** What no handler is supposed to let through. */
  #failed(error: unknown): Response {
    this.log.error(`a request failed: ${errorChain(error).join(": ")}`);
    return errorBody(500, "internal error");
  }
}

function inactive(listener: Listener): string {
  return `the serve adapter does not serve ${listener.name} (descriptor ${listener.descriptor}): ` +
    `LD_PRELOAD of ${listener.unit} must name libaziot_serve.so, and the descriptor must be a ` +
    "listening unix socket";
}
