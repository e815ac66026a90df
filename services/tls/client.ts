// SPDX-License-Identifier: MIT

/**
 * The HTTPS client of all cloud and EST traffic: OpenSSL's trust and verification, exactly the
 * headers the caller names, a connection kept for the next request of a burst. Redirects, cookies
 * and compression are not followed, kept or offered.
 */

import { openTls, type TlsVersion } from "../../ffi/tls.ts";
import { SILENT } from "../log/log.ts";
import { Http1Connection } from "../http/http1_connection.ts";
import { encodeRequest, type RequestParts } from "../http/http1_request.ts";
import type { Answer } from "../http/http1_response.ts";
import { IdleConnections } from "../http/idle_connections.ts";
import { TimeLimit } from "../http/time_limit.ts";
import type { Transport } from "../http/transport.ts";
import { TlsConnection } from "./connection.ts";
import { TlsError } from "./errors.ts";
import { parseTarget, type Target } from "./target.ts";
import { connectTcp, type Dial, systemDial } from "./tcp.ts";
import { TrustStore } from "./trust_store.ts";

export { TlsError, type TlsPhase } from "./errors.ts";
export type { RequestParts } from "../http/http1_request.ts";
export type { Answer } from "../http/http1_response.ts";
export type { Dial } from "./tcp.ts";

/** Whom a client trusts. */
export interface Trust {
  /** The system's trust store as OpenSSL finds it (`SSL_CERT_FILE`, `SSL_CERT_DIR`, else its own). */
  system: boolean;
  /** PEM certificates that are trusted in addition, issuers and single servers alike. */
  extra?: string;
}

/** The part of a log that a client writes to. */
export interface TlsLog {
  /** For refused certificates: a wrong CA must not look like an outage. */
  error(message: string): void;
  /** For certificates that name their host in the common name only. */
  warn(message: string): void;
}

/** How a {@link Client} is made. */
export interface ClientOptions {
  /** Whose certificates are accepted. */
  trust: Trust;
  /** Lowest and highest TLS version; absent: 1.2 and 1.3. */
  versions?: { min?: TlsVersion; max?: TlsVersion };
  /** Absent: nothing is logged. */
  log?: TlsLog;
  /** How TCP connections are opened; absent: by the system's resolver and routes. */
  dial?: Dial;
  /** The time by which refused certificates are explained; absent: the system's. */
  now?: () => Date;
}

/** Limits of one request in milliseconds. */
export interface Timeouts {
  /** Name resolution and TCP, over all addresses of the host. */
  connect: number;
  /** TLS, from the first byte to the last of the handshake. */
  handshake: number;
  /** Everything from the start to the last byte of the answer. */
  total: number;
}

/** One request. */
export interface HttpsRequest extends RequestParts {
  /**
   * `https`, or `http` to send in the clear. Path and query are sent byte for byte; what must be
   * escaped in them has to be escaped already.
   */
  url: string;
  /** When it is given up. */
  timeouts: Timeouts;
  /** Largest body of the answer in bytes; a larger one fails with phase `transfer`. */
  maxBody: number;
  /**
   * Whether doing it twice does no harm: then it may go out on a connection kept from an earlier
   * request, and once more on a new one if the server had just closed that; default: GET and HEAD.
   */
  idempotent?: boolean;
  /** Ends the request; it then rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** An HTTPS client; may serve any number of requests at a time. */
export interface Client extends Disposable {
  /**
   * Performs a request. Any status is an answer. Throws `TlsError` when there is none, `TypeError` when the request itself cannot be sent, the signal's reason when it
   * was aborted.
   */
  request(request: HttpsRequest): Promise<Answer>;
  /** Frees the trust anchors and kept connections; requests that run are not disturbed. */
  [Symbol.dispose](): void;
}

/**
 * Makes a client. Opens the TLS library if nobody has, and throws when it is missing; the trust
 * anchors are read with the first request.
 */
export function client(options: ClientOptions): Client {
  return new HttpsClient(options);
}

/**
 * Connections that are kept for the next request of a burst. Longer than a moment makes no sense:
 * most bursts are years apart, and a server's patience is unknown.
 */
const KEPT = { count: 4, milliseconds: 2_000 };

/** How long the end of a finished exchange may take, in milliseconds. */
const GOODBYE = 1000;

class HttpsClient implements Client {
  readonly #trust: TrustStore;
  readonly #log: TlsLog;
  readonly #dial: Dial;
  readonly #now: () => Date;
  readonly #warned = new Set<string>();
  readonly #idle = new IdleConnections(KEPT);

  constructor(options: ClientOptions) {
    this.#trust = new TrustStore(openTls(), {
      system: options.trust.system,
      extra: options.trust.extra ?? "",
      ...(options.versions && { versions: options.versions }),
    });
    this.#log = options.log ?? SILENT;
    this.#dial = options.dial ?? systemDial;
    this.#now = options.now ?? (() => new Date());
  }

  async request(request: HttpsRequest): Promise<Answer> {
    const target = parseTarget(request.url);
    const bytes = encodeRequest(target, request);
    using total = new TimeLimit(
      request.timeouts.total,
      () => new TlsError("timeout", `no complete answer from ${target.peer} in time`),
      request.signal,
    );
    total.signal.throwIfAborted();
    try {
      return await this.#send(target, bytes, request, total);
    } catch (cause) {
      if (cause instanceof TlsError && cause.phase === "verify") {
        this.#log.error(cause.message);
        this.#trust.forget();
      }
      throw cause;
    }
  }

  [Symbol.dispose](): void {
    this.#idle.close();
    this.#trust[Symbol.dispose]();
  }

  async #send(
    target: Target,
    bytes: Uint8Array,
    request: HttpsRequest,
    total: TimeLimit,
  ): Promise<Answer> {
    const { method, idempotent = method === "GET" || method === "HEAD" } = request;
    const kept = idempotent ? this.#idle.take(serverOf(target)) : undefined;
    if (kept) {
      try {
        return await this.#exchange(kept, target, bytes, request, total);
      } catch (cause) {
        // Without a byte of an answer, the server had just closed what it took for idle.
        if (total.signal.aborted || kept.hasAnswered) throw cause;
        this.#idle.forget(serverOf(target));
      }
    }
    const connection = new Http1Connection(await this.#open(target, request.timeouts, total));
    return await this.#exchange(connection, target, bytes, request, total);
  }

  async #exchange(
    connection: Http1Connection,
    target: Target,
    bytes: Uint8Array,
    request: HttpsRequest,
    total: TimeLimit,
  ): Promise<Answer> {
    try {
      const answer = await total.race(
        connection.exchange(bytes, request),
        () => connection.close(),
      );
      if (!connection.isReusable) await goodbye(connection, total);
      return answer;
    } finally {
      this.#idle.keep(serverOf(target), connection);
    }
  }

  async #open(target: Target, timeouts: Timeouts, total: TimeLimit): Promise<Transport> {
    const tcp = await connectTcp(target, {
      timeoutMs: timeouts.connect,
      signal: total.signal,
      dial: this.#dial,
    });
    return target.scheme === "http" ? tcp : await this.#secure(tcp, target, timeouts, total);
  }

  async #secure(
    tcp: Transport,
    target: Target,
    timeouts: Timeouts,
    total: TimeLimit,
  ): Promise<Transport> {
    let connection: TlsConnection;
    try {
      const session = this.#trust.context().session(target.host, target.isAddress);
      connection = new TlsConnection(tcp, session, target.host, this.#now);
    } catch (cause) {
      tcp.close();
      throw new TlsError("handshake", messageOf(cause), { cause });
    }
    using limit = new TimeLimit(
      timeouts.handshake,
      () => new TlsError("timeout", `no TLS handshake with ${target.peer} in time`),
      total.signal,
    );
    try {
      const info = await limit.race(connection.handshake(), () => connection.close());
      if (info.names === "common-name") this.#warnOfCommonName(target);
      return connection;
    } catch (cause) {
      connection.close();
      throw cause;
    }
  }

  #warnOfCommonName({ peer }: Target): void {
    if (this.#warned.has(peer)) return;
    this.#warned.add(peer);
    this.#log.warn(
      `the certificate of ${peer} names it in the common name only, not as subjectAltName; ` +
        "other clients refuse that",
    );
  }
}

function serverOf({ scheme, peer }: Target): string {
  return `${scheme}://${peer}`;
}

/** The answer is there: a peer that does not take our goodbye must not hold it back for long. */
async function goodbye(connection: Http1Connection, total: TimeLimit): Promise<void> {
  using limit = new TimeLimit(GOODBYE, () => new Error("no goodbye"), total.signal);
  await limit.race(connection.end(), () => connection.close()).catch(() => {});
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
