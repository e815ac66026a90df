// SPDX-License-Identifier: MIT

/** A plain HTTPS client for the tests of the cloud: one connection a request, headers as given. */

import { request } from "node:https";

/** What is sent. */
export interface HttpsRequest {
  port: number;
  /** PEM; what the server's certificate must lead to. */
  ca: string;
  method?: string;
  /** The target as it goes over the wire. */
  target: string;
  headers?: Record<string, string | string[]>;
  body?: string;
  /** A client certificate with its chain and key, PEM. */
  identity?: { cert: string; key: string };
}

/** What came back. */
export interface HttpsAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** Sends one request to `localhost`; rejects when the connection fails. */
export function httpsRequest(options: HttpsRequest): Promise<HttpsAnswer> {
  const { port, ca, method = "GET", target, headers = {}, body, identity = {} } = options;
  const { promise, resolve, reject } = Promise.withResolvers<HttpsAnswer>();
  const outgoing = request(
    { host: "localhost", port, ca, method, path: target, headers, agent: false, ...identity },
    (incoming) => {
      let text = "";
      incoming.setEncoding("utf-8");
      incoming.on("data", (chunk: string) => text += chunk);
      incoming.on("error", reject);
      incoming.on(
        "end",
        () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: text }),
      );
    },
  );
  outgoing.on("error", reject);
  outgoing.end(body);
  return promise;
}
