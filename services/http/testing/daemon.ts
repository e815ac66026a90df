// SPDX-License-Identifier: MIT

/**
 * A daemon for the tests of this folder: real sockets, the real adapter and shell, routes that
 * show what a handler sees. Its first argument is JSON, {@link DaemonSettings}.
 */

import * as v from "valibot";
import { runDaemon } from "../daemon.ts";
import { ServiceError } from "../errors.ts";
import { openListeners } from "../listeners.ts";
import { json, noContent, stream } from "../response.ts";
import { action, type Route } from "../routes.ts";
import { serve, type Server } from "../serve.ts";

/** How the daemon is to serve. */
export interface DaemonSettings {
  sockets: { endpoint: string; fdName?: string; mode?: number }[];
  maxConnections?: number;
  /** `serve` of two services, one a socket, instead of one on all. */
  apart?: boolean;
}

const MIB = 1024 * 1024;
const settings = JSON.parse(Deno.args[0] ?? "{}") as DaemonSettings;

let release = Promise.withResolvers<void>();

const routes: Route[] = [
  {
    path: /^\/peer$/,
    methods: {
      GET: action({
        body: "none",
        run: ({ peer, connection }) => json(200, { ...peer, connection }),
      }),
    },
  },
  {
    path: /^\/echo\/([^/]+)$/,
    methods: {
      GET: action({ body: "none", run: ({ params }) => json(200, params) }),
      POST: action({
        body: "required",
        schema: v.object({ text: v.string() }),
        run: ({ body }) => json(200, { length: body.text.length }),
      }),
      PUT: action({ body: "none", run: () => noContent() }),
      DELETE: action({ body: "optional", run: () => noContent() }),
    },
  },
  {
    path: /^\/large$/,
    methods: {
      POST: action({
        body: "required",
        schema: v.object({ text: v.string() }),
        maxBody: 4 * MIB,
        run: ({ body }) => json(200, { length: body.text.length }),
      }),
    },
  },
  {
    path: /^\/size\/(\d+)$/,
    methods: {
      GET: action({ body: "none", run: ({ params: [n] }) => json(200, "x".repeat(Number(n))) }),
    },
  },
  {
    path: /^\/fail$/,
    methods: {
      GET: action({
        body: "none",
        run: () => {
          throw new Error("a defect");
        },
      }),
      POST: action({
        body: "none",
        run: ({ peer }) => {
          throw new ServiceError(401, `user ${peer.uid} is not authorized`);
        },
      }),
    },
  },
  {
    // Answers when POST /release comes; a caller that goes away does not hold it up.
    path: /^\/hold$/,
    methods: {
      GET: action({
        body: "none",
        run: async () => {
          await release.promise;
          return json(200, "released");
        },
      }),
    },
  },
  {
    path: /^\/release$/,
    methods: {
      POST: action({
        body: "none",
        run: () => {
          release.resolve();
          release = Promise.withResolvers();
          return noContent();
        },
      }),
    },
  },
  {
    // Sends a piece at once and the end at POST /release.
    path: /^\/stream$/,
    methods: {
      GET: action({
        body: "none",
        run: () => {
          const body = new ReadableStream<Uint8Array>({
            async start(controller) {
              controller.enqueue(new TextEncoder().encode("first"));
              await release.promise;
              controller.enqueue(new TextEncoder().encode("last"));
              controller.close();
            },
          });
          return stream(200, body, "text/plain");
        },
      }),
    },
  },
  {
    path: /^\/process$/,
    methods: {
      GET: action({
        body: "none",
        run: async () => {
          const { stdout } = await new Deno.Command("/usr/bin/env", { stdout: "piped" }).output();
          const child = new TextDecoder().decode(stdout).split("\n");
          const { state } = await Deno.permissions.query({ name: "ffi" });
          return json(200, { own: Object.keys(Deno.env.toObject()), child, ffi: state });
        },
      }),
    },
  },
  {
    // Errors that no handler sees.
    path: /^\/stray\/(rejection|exception)$/,
    methods: {
      POST: action({
        body: "none",
        run: ({ params: [how] }) => {
          if (how === "rejection") Promise.reject(new Error("stray", { cause: "a reason" }));
          else setTimeout(() => thrown(), 1);
          return noContent();
        },
      }),
    },
  },
  {
    path: /^\/memory$/,
    methods: { GET: action({ body: "none", run: () => json(200, Deno.memoryUsage()) }) },
  },
];

function thrown(): never {
  throw new Error("stray", { cause: "a reason" });
}

await runDaemon({
  name: "aziot-testd",
  async start({ log, sys }) {
    const listeners = openListeners({ program: "aziot-testd", sockets: settings.sockets, sys });
    const groups = settings.apart ? listeners.map((listener) => [listener]) : [listeners];
    const servers: Server[] = [];
    for (const group of groups) {
      servers.push(
        await serve({
          listeners: group,
          versions: ["2020-09-01", "2021-05-01"],
          routes,
          maxConnections: settings.maxConnections ?? 10,
          log,
        }),
      );
    }
    return {
      async stop() {
        await Promise.all(servers.map((server) => server.close(5000)));
      },
      reload: () => log.info("reloaded"),
    };
  },
});
