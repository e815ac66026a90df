// SPDX-License-Identifier: MIT

/**
 * The product's HTTP layer with nothing behind it: a fixed answer to POST /sign, whose body is
 * read and, when its type says JSON, parsed. Argument: the answer, JSON.
 */

import { json } from "../../services/http/response.ts";
import { action } from "../../services/http/routes.ts";
import { serve } from "../../services/http/serve.ts";
import { createLog } from "../../services/log/log.ts";

const answer: unknown = JSON.parse(Deno.args[0] ?? "null");

await serve({
  listeners: [{ name: "floor", descriptor: 3, unit: "floor" }],
  versions: ["2020-09-01", "2021-05-01"],
  routes: [{
    path: /^\/sign$/,
    methods: { POST: action({ body: "optional", run: () => json(200, answer) }) },
  }],
  maxConnections: 50,
  log: createLog("floor", "warn"),
});
