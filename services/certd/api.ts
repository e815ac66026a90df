// SPDX-License-Identifier: MIT

/** The routes of the Certificates Service and their answers. */

import { json, noContent } from "../http/response.ts";
import { action, type Route } from "../http/routes.ts";
import type { Operations } from "./operations.ts";
import { createCertificate, importCertificate } from "./requests.ts";

/** The api-versions that callers may name. */
export const VERSIONS = ["2020-09-01"];

/** The route table. */
export function routes(certificates: Operations): Route[] {
  return [
    {
      path: /^\/certificates$/,
      methods: {
        POST: action({
          body: "required",
          schema: createCertificate,
          run: async ({ peer, body }) => certificate(201, await certificates.create(peer, body)),
        }),
      },
    },
    {
      path: /^\/certificates\/([^/]+)$/,
      methods: {
        GET: action({
          body: "none",
          run({ params: [id = ""] }) {
            const pem = certificates.read(id);
            return typeof pem === "string"
              ? certificate(200, pem)
              : pem.then((pem) => certificate(200, pem));
          },
        }),
        PUT: action({
          body: "required",
          schema: importCertificate,
          async run({ peer, params: [id = ""], body }) {
            await certificates.import(peer, id, body);
            return certificate(201, body.pem);
          },
        }),
        DELETE: action({
          body: "none",
          async run({ peer, params: [id = ""] }) {
            await certificates.remove(peer, id);
            return noContent();
          },
        }),
      },
    },
  ];
}

function certificate(status: number, pem: string): Response {
  return json(status, { pem });
}
