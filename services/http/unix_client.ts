// SPDX-License-Identifier: MIT

/** The client of a service on a unix socket. */

import { type Log, SILENT } from "../log/log.ts";
import { valueOf } from "./client_answer.ts";
import { connectFailure, ConnectionError } from "./client_errors.ts";
import { limitScale, timeScale } from "./environment.ts";
import { Http1Connection } from "./http1_connection.ts";
import { encodeRequest } from "./http1_request.ts";
import type { Answer } from "./http1_response.ts";
import { IdleConnections } from "./idle_connections.ts";
import { Slots } from "./slots.ts";
import { SocketTransport } from "./socket_transport.ts";
import { MAX_THROTTLES, throttlePause } from "./throttle_pauses.ts";
import { TimeLimit } from "./time_limit.ts";

export { ConnectionError, NotConnectedError, RemoteError } from "./client_errors.ts";

/** Which service, and with how much patience. Times are before the scales. */
export interface UnixClientOptions {
  /** Path of the socket. */
  readonly socket: string;
  /** Value of the `Host` header, such as `keyd.sock`. */
  readonly host: string;
  /** For one attempt: connecting, sending and the whole answer; default 30 s. */
  readonly timeoutMs?: number;
  /**
   * Further attempts after an attempt without an answer; default 0. A 429 is tried again without,
   * by {@link throttlePause}.
   */
  readonly retries?: number;
  /** Before each further attempt; default 3 s. */
  readonly retryPauseMs?: number;
  /** Lets time pass between attempts; tests bring their own. */
  readonly pause?: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;
  /** The longest answer in bytes; default 8 MiB. */
  readonly maxResponse?: number;
  readonly log?: Log;
}

/** One request. */
export interface UnixRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Made of {@link encodeSegment}'s results. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON; absent: no body. */
  readonly body?: unknown;
  /** The status of success; default 200. */
  readonly expect?: 200 | 201 | 204;
  /** Instead of the client's own. */
  readonly timeoutMs?: number;
  /** Instead of the client's own. */
  readonly retries?: number;
  /**
   * Whether doing it twice does no harm: then it goes out on a kept connection, and once more on a
   * new one if the service had just closed that; default: everything but POST.
   */
  readonly idempotent?: boolean;
  readonly signal?: AbortSignal;
}

/** A client that was made by {@link unixClient}. */
export interface UnixClient extends Disposable {
  /**
   * The parsed body of a 200 or 201, `undefined` for a 204. Throws `RemoteError` for an error that the
   * service answered, `NotConnectedError` when it cannot be reached, `ConnectionError` when the
   * connection failed, took too long or carried something else, and the signal's reason.
   */
  request(request: UnixRequest): Promise<unknown>;
  /** Closes the connections that are kept for further requests; so does disposing. */
  close(): void;
}

/**
 * Connections to one service. A caller's whole allowance there is ten, and several processes may
 * share a uid.
 */
const CONNECTIONS = 4;
const TIMEOUT = 30_000;
const RETRY_PAUSE = 3_000;
const MAX_RESPONSE = 8 * 1024 * 1024;
/** Shorter than the service's own idle time, so that a kept connection is seldom a dead one. */
const KEEP = 30_000;
const TOO_MANY_REQUESTS = 429;

/** Text as one path segment: everything but unreserved characters is percent-encoded. */
export function encodeSegment(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** A client of the service at a socket; connects when it is first used. */
export function unixClient(options: UnixClientOptions): UnixClient {
  return new PooledClient(options);
}

class PooledClient implements UnixClient {
  readonly #scale = timeScale();
  readonly #limitScale = limitScale();
  readonly #slots = new Slots(CONNECTIONS);
  readonly #idle = new IdleConnections({ count: CONNECTIONS, milliseconds: KEEP });
  /** Connections that are in use or being opened. */
  #busy = 0;

  constructor(readonly options: UnixClientOptions) {}

  async request(request: UnixRequest): Promise<unknown> {
    const { retries = 0, retryPauseMs = RETRY_PAUSE, log = SILENT } = this.options;
    const { pause: letPass = pause } = this.options;
    const bytes = this.#encode(request);
    const attempts = (request.retries ?? retries) + 1;
    // One count for both kinds of further attempts.
    for (let attempt = 1;; attempt++) {
      let answer: Answer | undefined;
      try {
        answer = await this.#attempt(request, bytes);
      } catch (problem) {
        if (request.signal?.aborted || !(problem instanceof ConnectionError)) throw problem;
        log.warn(
          `Failed to send HTTP request (attempt ${attempt} of ${attempts}): ${problem.message}`,
        );
        if (attempt >= attempts) throw problem;
      }
      let wait: number | undefined = retryPauseMs;
      if (answer !== undefined) {
        wait = this.#throttled(answer, attempt, log);
        if (wait === undefined) return valueOf(answer, request.expect ?? 200);
      }
      await letPass(wait * this.#scale, request.signal);
    }
  }

  /** How long the service wants to be left alone; `undefined`: the answer is final. */
  #throttled({ status }: Answer, attempt: number, log: Log): number | undefined {
    if (status !== TOO_MANY_REQUESTS) return undefined;
    const wait = throttlePause(attempt, Math.random);
    const count = `(attempt ${attempt} of ${MAX_THROTTLES})`;
    log.warn(
      wait === undefined
        ? `Final HTTP request throttled ${count}.`
        : `HTTP request throttled ${count}. Sleeping for ${wait / 1_000} seconds.`,
    );
    return wait;
  }

  close(): void {
    this.#idle.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #encode({ method, path, query, body }: UnixRequest): Uint8Array {
    const json = body === undefined ? undefined : text.encode(JSON.stringify(body));
    return encodeRequest({ authority: this.options.host, path: withQuery(path, query) }, {
      method,
      headers: json ? { "content-type": "application/json" } : {},
      ...json && { body: json },
    });
  }

  /** One attempt; its time begins when it has a connection's place. */
  async #attempt(request: UnixRequest, bytes: Uint8Array): Promise<Answer> {
    const release = await this.#slots.take(request.signal);
    const { socket } = this.options;
    const timeoutMs = request.timeoutMs ?? this.options.timeoutMs ?? TIMEOUT;
    using limit = new TimeLimit(
      timeoutMs * this.#limitScale,
      () => new ConnectionError(`no answer from ${socket} within ${timeoutMs / 1000} s`),
      request.signal,
    );
    this.#busy++;
    try {
      return await this.#send(request, bytes, limit);
    } finally {
      this.#busy--;
      release();
    }
  }

  async #send(request: UnixRequest, bytes: Uint8Array, limit: TimeLimit): Promise<Answer> {
    const isRepeatable = request.idempotent ?? request.method !== "POST";
    const kept = isRepeatable ? this.#idle.take(this.options.socket) : undefined;
    if (kept) {
      try {
        return await this.#exchange(kept, request, bytes, limit);
      } catch (error) {
        // Without a byte of an answer, the service had just closed what it took for idle.
        if (limit.signal.aborted || kept.hasAnswered) throw error;
        this.#idle.forget(this.options.socket);
      }
    }
    // A kept connection makes room, so that there are not more than a client may have.
    if (this.#busy + this.#idle.count > CONNECTIONS) this.#idle.drop();
    return await this.#exchange(await this.#connect(limit), request, bytes, limit);
  }

  async #exchange(
    connection: Http1Connection,
    { method }: UnixRequest,
    bytes: Uint8Array,
    limit: TimeLimit,
  ): Promise<Answer> {
    const { socket, maxResponse = MAX_RESPONSE } = this.options;
    try {
      return await limit.race(
        connection.exchange(bytes, { method, maxBody: maxResponse }),
        () => connection.close(),
      );
    } finally {
      this.#idle.keep(socket, connection);
    }
  }

  async #connect(limit: TimeLimit): Promise<Http1Connection> {
    const { socket: path } = this.options;
    let isAbandoned = false;
    const connecting = Deno.connect({ transport: "unix", path }).then((socket) => {
      // A connection that is there after all must not stay open.
      if (isAbandoned) socket.close();
      return socket;
    });
    try {
      const socket = await limit.race(connecting, () => isAbandoned = true);
      return new Http1Connection(
        new SocketTransport(
          socket,
          path,
          (message, options) => new ConnectionError(message, options),
        ),
      );
    } catch (cause) {
      if (limit.signal.aborted || cause instanceof Deno.errors.NotCapable) throw cause;
      throw await connectFailure(path, cause) ?? broken(path, cause);
    }
  }
}

const text = new TextEncoder();

function broken(socket: string, cause: unknown): ConnectionError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ConnectionError(`the connection to ${socket} failed: ${reason}`, { cause });
}

function withQuery(path: string, query: UnixRequest["query"]): string {
  const parameters = Object.entries(query ?? {})
    .map(([name, value]) => `${encodeSegment(name)}=${encodeSegment(value)}`);
  return parameters.length === 0 ? path : `${path}?${parameters.join("&")}`;
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", abort, { once: true });
  });
}
