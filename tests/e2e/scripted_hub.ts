// SPDX-License-Identifier: MIT

/**
 * A hub that knows nothing: it gives the answers of a recording, whoever asks, and remembers what
 * it was asked. The embedded cloud is the one that judges; this one shows what was sent.
 */

import { createServer, type Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Authority } from "../cloud/authority.ts";
import { bindAgain, type ReservedPort, reservePort, untilRefused } from "../cloud/reserved_port.ts";

/** A request to the hub and its answer. */
export interface HubExchange {
  method: string;
  target: string;
  /** In the order of their arrival. */
  headers: [name: string, value: string][];
  body: string;
  answer: HubAnswer;
}

/** What the hub says. */
export interface HubAnswer {
  /** `close`: the connection is cut instead; `never`: it is left open. */
  instead?: "close" | "never";
  status: number;
  body: string;
  /** The content type; absent: none. */
  type?: string;
  /** Further headers. */
  headers?: [name: string, value: string][];
}

/** Whatever has no answer in the script. */
const UNSCRIPTED: HubAnswer = { status: 404, body: "" };

/** A hub on `localhost`, with a certificate of its own authority. */
export class ScriptedHub implements AsyncDisposable {
  /** What it was asked since the last script, with the answers it gave. */
  readonly asked: HubExchange[] = [];
  #script: HubExchange[] = [];
  #server: Server | undefined;
  #reserved: ReservedPort | undefined;

  private constructor(
    private readonly identity: { cert: string; key: string },
    /** PEM file of the authority. */
    readonly caPath: string,
  ) {}

  /** Opens a hub; its authority's certificate is written into `dir`. */
  static async open(dir: string): Promise<ScriptedHub> {
    const authority = await Authority.create("Scripted hub root");
    const identity = await authority.issue({
      commonName: "localhost",
      use: "server",
      names: ["localhost"],
    });
    const caPath = `${dir}/scripted-hub-ca.pem`;
    await Deno.writeTextFile(caPath, authority.pem);
    const hub = new ScriptedHub(identity, caPath);
    const { reserved } = await reservePort((port) => hub.#listen(port));
    hub.#reserved = reserved;
    return hub;
  }

  /** `localhost` with the port. */
  get host(): string {
    return `localhost:${this.#port}`;
  }

  get #port(): number {
    if (this.#reserved === undefined) throw new Error("the hub has no port");
    return this.#reserved.port;
  }

  /**
   * Sets the answers: for equal questions in their order, the last one for all that follow. They
   * are given on new connections: a kept one that is cut is replaced and not counted.
   */
  script(exchanges: readonly HubExchange[]): void {
    this.#server?.closeIdleConnections();
    this.#script = [...exchanges];
    this.asked.length = 0;
  }

  /** Puts the hub back on the network, on the port it had before. */
  async listen(): Promise<void> {
    await bindAgain(() => this.#listen(this.#port));
  }

  async #listen(port: number): Promise<void> {
    const server = createServer(this.identity, (request, response) => {
      this.#answer(request, response).catch((error: unknown) => response.destroy(errorOf(error)));
    });
    await new Promise<void>((resolve, reject) => {
      server.on("error", reject);
      server.listen(port, "127.0.0.1", resolve);
    });
    this.#server = server;
  }

  /** Takes the hub off the network. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await untilRefused(this.#port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    this.#reserved?.[Symbol.dispose]();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = new TextDecoder().decode(
      await new Blob(chunks.map((chunk) => new Uint8Array(chunk))).bytes(),
    );
    const headers: [string, string][] = [];
    for (let at = 0; at < request.rawHeaders.length; at += 2) {
      headers.push([request.rawHeaders[at] ?? "", request.rawHeaders[at + 1] ?? ""]);
    }
    const { method = "", url: target = "" } = request;
    const answer = this.#answerTo(method, target, headers);
    this.asked.push({ method, target, headers, body, answer });
    if (answer.instead === "close") request.socket.destroy();
    if (answer.instead !== undefined) return;
    response.writeHead(answer.status, [
      ...answer.type === undefined ? [] : ["content-type", answer.type],
      ...(answer.headers ?? []).flat(),
      "content-length",
      String(new TextEncoder().encode(answer.body).length),
    ]);
    response.end(answer.body);
  }

  /** Equal questions: same method and target, conditional or not. */
  #answerTo(method: string, target: string, headers: [string, string][]): HubAnswer {
    const isConditional = hasCondition(headers);
    const matches = this.#script.filter((exchange) =>
      exchange.method === method && exchange.target === target &&
      hasCondition(exchange.headers) === isConditional
    );
    const [first] = matches;
    if (!first) return UNSCRIPTED;
    if (matches.length > 1) this.#script.splice(this.#script.indexOf(first), 1);
    return first.answer;
  }
}

function hasCondition(headers: readonly [name: string, value: string][]): boolean {
  return headers.some(([name]) => name === "if-match");
}

function errorOf(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
