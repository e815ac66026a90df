// SPDX-License-Identifier: MIT

/**
 * One TLS port: turns what `node:https` hands over into a {@link CloudRequest}, lets the surface
 * answer it unless a fault is in the way, and writes both to the request log.
 *
 * Unless told otherwise it asks for a client certificate without demanding one, and takes any
 * issuer at this level: the surface judges it together with the request.
 */

import { Buffer } from "node:buffer";
import { X509Certificate } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import type { DetailedPeerCertificate, TLSSocket } from "node:tls";
import type { Authority, Identity } from "./authority.ts";
import { thumbprints } from "./client_certificate.ts";
import type { Clock } from "./clock.ts";
import { deliver } from "./delivery.ts";
import { type CloudRequest, empty, headerValues, type Surface } from "./exchange.ts";
import { AT_ONCE, type Outcome, respond } from "./fault_effects.ts";
import type { Faults } from "./faults.ts";
import type { LogEntry, RequestLog } from "./request_log.ts";
import { bindAgain, type ReservedPort, reservePort, untilRefused } from "./reserved_port.ts";
import { fingerprint, parseSasToken } from "./sas_token.ts";
import { serverIdentity, serverOptions, type TlsSettings } from "./tls_settings.ts";

/** What a listener is made of. */
export interface ListenerOptions {
  surface: Surface;
  /** The authority that issues the server's certificate. */
  authority: Authority;
  /** The host as clients call it, without a port. */
  hostName: string;
  /** 0: a free port that stays the listener's own in a pause. */
  port: number;
  tls: TlsSettings;
  clock: Clock;
  log: RequestLog;
  faults: Faults;
}

/** A device message may have 256 KiB, and no other body comes near that. */
const MAX_BODY = 1024 * 1024;

/** A listening TLS port on the loopback interface. */
export class Listener {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #port = 0;
  #reserved: ReservedPort | undefined;

  private constructor(private readonly options: ListenerOptions, identity: Identity) {
    const { tls } = options;
    this.#server = tls.handshake === undefined
      ? createHttpsServer(
        serverOptions(tls, identity),
        (incoming, outgoing) => void this.#exchange(incoming, outgoing),
      )
      : createTcpServer((socket) => refuseHandshake(socket, tls.handshake));
    // closeAllConnections() does not know a connection that has not sent a request yet.
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  /** Binds the port; rejects when it is taken, or with a RangeError for bad TLS settings. */
  static async open(options: ListenerOptions): Promise<Listener> {
    const { authority, hostName, tls } = options;
    const listener = new Listener(options, await serverIdentity(authority, hostName, tls));
    await listener.#open(options.port);
    return listener;
  }

  /** The bound port; the same after a pause. */
  get port(): number {
    return this.#port;
  }

  /** The host as clients call it, with its port unless that is 443. */
  get host(): string {
    const { hostName } = this.options;
    return this.#port === 443 ? hostName : `${hostName}:${this.#port}`;
  }

  /** Whether connections are accepted. */
  get listening(): boolean {
    return this.#server.listening;
  }

  /** Cuts all connections and refuses new ones until it is reopened. */
  async pause(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    await untilRefused(this.#port);
  }

  /** Listens again on the same port. */
  async reopen(): Promise<void> {
    if (!this.#server.listening) await bindAgain(() => this.#listen(this.#port));
  }

  /** Pauses for good and gives the port back. */
  async close(): Promise<void> {
    await this.pause();
    this.#reserved?.[Symbol.dispose]();
    this.#reserved = undefined;
  }

  async #open(port: number): Promise<void> {
    if (port === 0) {
      const { reserved } = await reservePort((free) => this.#listen(free));
      this.#reserved = reserved;
      this.#port = reserved.port;
    } else {
      await this.#listen(port);
      this.#port = port;
    }
  }

  #listen(port: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const server = this.#server;
    const settle = (error?: Error) => {
      server.off("error", settle).off("listening", settle);
      if (error) reject(error);
      else resolve();
    };
    server.on("error", settle).on("listening", settle).listen(port, "127.0.0.1");
    return promise;
  }

  async #exchange(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    // Before the body: a socket that has closed meanwhile has forgotten its certificates.
    const chain = clientChain(incoming.socket as TLSSocket);
    const body = await readBody(incoming);
    // The client went away in the middle of its body: nobody is left to answer.
    if (body === undefined) return;
    const { surface, faults, clock, log } = this.options;
    const request = toRequest(incoming, body === "too long" ? new Uint8Array() : body, chain);
    const entry = startEntry(request, surface, clock.now());
    let outcome: Outcome;
    if (body === "too long") {
      const answer = empty(413, [["connection", "close"]]);
      outcome = { reply: { answer, delivery: AT_ONCE } };
    } else {
      const fault = faults.take(surface, request);
      if (fault !== undefined) entry.fault = fault.kind;
      outcome = respond(fault, surface, request, this.host, clock);
    }
    const { handled, reply } = outcome;
    if (handled?.validity !== undefined) entry.validity = handled.validity;
    if (typeof reply === "object") entry.answer = reply.answer;
    // Before the answer: who has it finds the entry.
    log.add(entry);
    if (reply === "cut") incoming.socket.destroy();
    if (typeof reply !== "object") return;
    await deliver(outgoing, reply.answer, reply.delivery, () => clock.dateHeader());
  }
}

function refuseHandshake(socket: Socket, how: TlsSettings["handshake"]): void {
  // Whatever becomes of the connection is the client's affair.
  socket.on("error", () => {});
  if (how === "close") socket.destroy();
  // What the client sends is read and dropped, so that it can tell waiting from a full buffer.
  else socket.resume();
}

/** `undefined` when the client went away before its end. */
function readBody(incoming: IncomingMessage): Promise<Uint8Array | "too long" | undefined> {
  const { promise, resolve } = Promise.withResolvers<Uint8Array | "too long" | undefined>();
  const chunks: Uint8Array[] = [];
  let length = 0;
  incoming.on("data", (chunk: Uint8Array) => {
    length += chunk.length;
    if (length <= MAX_BODY) chunks.push(chunk);
    // The rest is read and dropped: the client gets its answer rather than a reset.
    else resolve("too long");
  });
  incoming.on("end", () => resolve(Buffer.concat(chunks)));
  incoming.on("error", () => resolve(undefined));
  incoming.on("close", () => resolve(undefined));
  return promise;
}

function toRequest(
  incoming: IncomingMessage,
  body: Uint8Array,
  clientChain: X509Certificate[],
): CloudRequest {
  // A client behind a proxy may send the absolute form, inside a tunnel too.
  const target = (incoming.url ?? "/").replace(/^https?:\/\/[^/?]*/i, "");
  const question = target.indexOf("?");
  const headers: [string, string][] = [];
  for (let at = 0; at + 1 < incoming.rawHeaders.length; at += 2) {
    headers.push([incoming.rawHeaders[at] ?? "", incoming.rawHeaders[at + 1] ?? ""]);
  }
  return {
    method: incoming.method ?? "",
    path: question < 0 ? target : target.slice(0, question),
    query: question < 0 ? "" : target.slice(question + 1),
    headers,
    body,
    clientChain,
  };
}

function clientChain(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let next: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  // An absent certificate is an object without members; a self-signed one is its own issuer.
  while (next?.raw !== undefined) {
    const certificate = new X509Certificate(next.raw);
    if (chain.some(({ fingerprint256 }) => fingerprint256 === certificate.fingerprint256)) break;
    chain.push(certificate);
    next = next.issuerCertificate;
  }
  return chain;
}

function startEntry(request: CloudRequest, surface: Surface, now: Date): Omit<LogEntry, "seq"> {
  const entry: Omit<LogEntry, "seq"> = {
    time: now.toISOString(),
    surface: surface.surface,
    instance: surface.instance,
    method: request.method,
    path: request.path,
    query: request.query,
    headers: request.headers.map(([name, value]) => [
      name,
      /authorization$/i.test(name) ? /^[A-Za-z]+(?= )/.exec(value)?.[0] ?? "" : value,
    ]),
    body: new TextDecoder().decode(request.body),
  };
  const token = parseSasToken(headerValues(request, "authorization")[0] ?? "");
  if (token !== undefined) {
    const { sr, se, skn, signature } = token;
    entry.authorization = {
      sr,
      se,
      ...(skn === undefined ? {} : { skn }),
      fingerprint: fingerprint(signature),
    };
  }
  const leaf = request.clientChain[0];
  if (leaf !== undefined) {
    entry.clientCertificate = {
      ...thumbprints(leaf),
      chain: request.clientChain.map((certificate) => certificate.toString()),
    };
  }
  return entry;
}
