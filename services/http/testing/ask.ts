// SPDX-License-Identifier: MIT

import * as v from "valibot";
import { createLog } from "../../log/log.ts";
import { BodyReader } from "../body.ts";
import { Dispatcher } from "../dispatch.ts";
import { invalidParameter, ServiceError } from "../errors.ts";
import { Exchange } from "../exchange.ts";
import { json, noContent } from "../response.ts";
import { action, type Route } from "../routes.ts";

/** What a target needs. */
export const VERSION = "api-version=2021-05-01";
const TEXT = v.object({ text: v.string(), count: v.optional(v.number()) });

const ROUTES: Route[] = [
  {
    path: /^\/text$/,
    methods: {
      GET: action({ body: "none", run: ({ peer }) => json(200, peer) }),
      POST: action({ body: "required", schema: TEXT, run: ({ body }) => json(200, body) }),
      DELETE: action({ body: "optional", schema: TEXT, run: ({ body }) => json(200, { body }) }),
    },
  },
  {
    path: /^\/any$/,
    methods: {
      PUT: action({ body: "none", run: ({ body }) => json(200, { body: body ?? "unused" }) }),
      POST: action({ body: "required", run: ({ body }) => json(200, { body }) }),
      DELETE: action({ body: "none", run: () => noContent() }),
    },
  },
  {
    path: /^\/item\/([^/]+)$/,
    methods: {
      GET: action({
        body: "none",
        run: ({ params, query }) => json(200, { params, type: query.first("type") }),
      }),
    },
  },
  {
    path: /^\/fail\/(.*)$/,
    methods: {
      GET: action({
        body: "none",
        run: ({ params: [how = ""] }) => {
          const error = ERRORS[how];
          if (how.startsWith("later-")) return Promise.reject(ERRORS[how.slice("later-".length)]);
          throw error;
        },
      }),
    },
  },
];

const ERRORS: Record<string, unknown> = {
  service: new ServiceError(401, "user 5 is not authorized"),
  parameter: invalidParameter("id", new Error("nul byte", { cause: "deep" })),
  lines: new ServiceError(400, "a\n".repeat(300_000)),
  ours: new Error("could not load key", { cause: new Error("disk\nbroken") }),
  gateway: new ServiceError(502, "container runtime error", { cause: new Error("no engine") }),
  string: "just text",
};

/** A request. */
export interface Sent {
  method?: string;
  target?: string;
  headers?: Record<string, string>;
  body?: BodyInit;
}

/** What came of it. */
export interface Received {
  status: number;
  body: unknown;
  closes: boolean;
  log: string[];
  contentType: string | null;
}

/** Has a request answered by the routes of this file. */
export async function ask(
  { method = "GET", target = `/text?${VERSION}`, headers = {}, body }: Sent,
): Promise<Received> {
  const lines: string[] = [];
  const log = createLog("test", undefined, {
    write: (bytes) => void lines.push(new TextDecoder().decode(bytes).trimEnd()),
    now: () => new Date(0),
  });
  using bodies = new BodyReader(60_000);
  const dispatcher = new Dispatcher({
    versions: ["2020-09-01", "2021-05-01"],
    routes: ROUTES,
    log,
    bodies,
  });
  // What the platform does on the wire and a made-up request does not.
  const length = typeof body === "string" ? { "content-length": `${body.length}` } : {};
  const request = new Request(`http://x${target}`, {
    method,
    headers: { host: "x", ...length, ...headers },
    ...body === undefined ? {} : { body },
  });
  // `new Request` sets a content type of its own for text.
  if (!("content-type" in headers)) request.headers.delete("content-type");
  const exchange = new Exchange(request, { pid: 1, uid: 5, gid: 5 }, 1);
  const response = await dispatcher.handle(exchange);
  const text = await response.text();
  return {
    status: response.status,
    body: text === "" ? undefined : JSON.parse(text),
    closes: exchange.closes,
    contentType: response.headers.get("content-type"),
    log: lines.map((line) => line.replace("1970-01-01T00:00:00Z ", "")),
  };
}

/** An error body. */
export const message = (text: string): { message: string } => ({ message: text });
