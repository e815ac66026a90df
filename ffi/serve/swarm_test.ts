// SPDX-License-Identifier: MIT

/** Who is calling, under a crowd of callers of whom many leave in the middle. */

import { equal, match, ok } from "node:assert/strict";
import { product, startServer } from "./tests/fixture.ts";

const CONNECTIONS = 20_000;
const PROCESSES = 24;

Deno.test(`none of ${CONNECTIONS} connections is taken for another's`, async () => {
  await using server = await startServer();
  const { code, stdout, stderr } = await new Deno.Command(product("tests/serve_swarm"), {
    args: [server.socket(), String(CONNECTIONS), ...callers().map(String)],
  }).output();
  const text = new TextDecoder().decode(stdout);
  equal(new TextDecoder().decode(stderr), "");
  equal(code, 0, text);
  const [, answers, wrong, , failed] = text.split(", ").map((part) => parseInt(part));
  equal(wrong, 0, text);
  equal(failed, 0, text);
  ok(answers !== undefined && answers > CONNECTIONS, text);
  match(String(await server.get("/peer")), /^fdac:5d5d:/);
});

/**
 * The users of the calling processes: two with half of them each, one with an id beyond 16 bits.
 * Only root can call as others; for everybody else the processes are what is told apart.
 */
function callers(): number[] {
  const own = Deno.uid() ?? 0;
  const users = own === 0 ? [1001, 70_001] : [own];
  return Array.from({ length: PROCESSES }, (_, at) => users[at % users.length] ?? own);
}
