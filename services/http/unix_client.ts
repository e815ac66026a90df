// SPDX-License-Identifier: MIT

/**
 * The client of a service on a unix socket. A file of its own, so that a daemon that calls nobody
 * does not load `node:http`.
 */

import { Agent, type IncomingMessage, request as open } from "node:http";
import { type Log, SILENT } from "../log/log.ts";
import { type Answer, valueOf } from "./client_answer.ts";
import { connectFailure, ConnectionError } from "./client_errors.ts";
import { timeScale } from "./environment.ts";
import { Slots } from "./slots.ts";

export { ConnectionError, NotConnectedError, RemoteError } from "./client_errors.ts";

/** Which service, and with how much patience. Times are before the time scale. */
export interface UnixClientOptions {
  /** Path of the socket. */
  readonly socket: string;
  /** Value of the `Host` header, such as `keyd.sock`. */
  readonly host: string;
  /** For one attempt: connecting, sending and the whole answer; default 30 s. */
  readonly timeoutMs?: number;
  /** Further attempts after an attempt without an answer; default 0. */
  readonly retries?: number;
  /** Before each further attempt; default 3 s. */
  readonly retryPauseMs?: number;
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

/** An attempt that got no answer. */
class LostAttempt extends Error {
  constructor(readonly problem: ConnectionError) {
    super(problem.message);
  }
}

class PooledClient implements UnixClient {
  readonly #scale = timeScale();
  readonly #slots = new Slots(CONNECTIONS);
  readonly #pool = new Agent({ keepAlive: true, maxSockets: CONNECTIONS, timeout: KEEP });

  constructor(readonly options: UnixClientOptions) {}

  async request(request: UnixRequest): Promise<unknown> {
    const { retries = 0, retryPauseMs = RETRY_PAUSE, log = SILENT } = this.options;
    const attempts = retries + 1;
    for (let attempt = 1;; attempt++) {
      try {
        return valueOf(await this.#attempt(request), request.expect ?? 200);
      } catch (error) {
        if (!(error instanceof LostAttempt)) throw error;
        const { problem } = error;
        log.warn(
          `Failed to send HTTP request (attempt ${attempt} of ${attempts}): ${problem.message}`,
        );
        if (attempt >= attempts) throw problem;
      }
      await pause(retryPauseMs * this.#scale, request.signal);
    }
  }

  close(): void {
    this.#pool.destroy();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** One attempt; its time begins when it has a connection's place. */
  async #attempt(request: UnixRequest): Promise<Answer> {
    const release = await this.#slots.take(request.signal);
    try {
      const isRepeatable = request.idempotent ?? request.method !== "POST";
      return await this.#exchange(request, isRepeatable ? this.#pool : this.#ownConnection());
    } finally {
      release();
    }
  }

  /**
   * For a request that must not be done twice: when a kept connection turns out to be dead, the
   * platform sends again whatever went out on it, even what the service may have read. A kept
   * connection makes room for it, so that there are not more than {@link CONNECTIONS}.
   */
  #ownConnection(): Agent {
    const [kept] = Object.values(this.#pool.freeSockets).flatMap((sockets) => sockets ?? []);
    kept?.destroy();
    return new Agent({ keepAlive: false });
  }

  #exchange(request: UnixRequest, agent: Agent): Promise<Answer> {
    const { socket, host, maxResponse = MAX_RESPONSE } = this.options;
    const { method, path, query, body, signal } = request;
    const timeoutMs = request.timeoutMs ?? this.options.timeoutMs ?? TIMEOUT;
    signal?.throwIfAborted();
    const bytes = body === undefined ? undefined : new TextEncoder().encode(JSON.stringify(body));
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();

    const sent = open({
      socketPath: socket,
      method,
      path: withQuery(path, query),
      headers: {
        Host: host,
        ...bytes && { "Content-Type": "application/json", "Content-Length": bytes.length },
      },
      agent,
    });
    const lose = (problem: ConnectionError) => {
      sent.destroy();
      reject(new LostAttempt(problem));
    };
    const timer = setTimeout(
      () => lose(new ConnectionError(`no answer from ${socket} within ${timeoutMs / 1000} s`)),
      timeoutMs * this.#scale,
    );
    const abort = () => {
      sent.destroy();
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", abort);

    sent.on("error", async (cause) => {
      lose(await connectFailure(socket, cause) ?? broken(socket, cause));
    });
    sent.on("response", (response) => {
      collect(response, maxResponse).then((received) =>
        resolve({
          status: response.statusCode ?? 0,
          contentType: response.headers["content-type"],
          bytes: received,
        }), (cause) => lose(broken(socket, cause)));
    });
    sent.end(bytes);

    return promise.finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    });
  }
}

function broken(socket: string, cause: unknown): ConnectionError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ConnectionError(`the connection to ${socket} failed: ${reason}`, { cause });
}

function withQuery(path: string, query: UnixRequest["query"]): string {
  const parameters = Object.entries(query ?? {})
    .map(([name, value]) => `${encodeSegment(name)}=${encodeSegment(value)}`);
  return parameters.length === 0 ? path : `${path}?${parameters.join("&")}`;
}

/** The whole body; rejects when it is cut short or longer than `limit` bytes. */
async function collect(response: IncomingMessage, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError("the body is not bytes");
    length += chunk.length;
    if (length > limit) throw new Error(`the answer is longer than ${limit} bytes`);
    chunks.push(chunk);
  }
  if (!response.complete) throw new Error("the answer was cut short");
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
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
