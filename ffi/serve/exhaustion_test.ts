// SPDX-License-Identifier: MIT

/** A server that runs out of descriptors. */

import { equal, match, ok } from "node:assert/strict";
import { connect, readUntil, startServer, write } from "./tests/fixture.ts";

/** So few descriptors that callers can use them up. */
const through = ["/usr/bin/prlimit", "--nofile=160:160"];

Deno.test("callers who come while there is no descriptor are turned away, later ones served", async () => {
  await using server = await startServer({ through });
  using first = await connect(server.socket());
  using second = await connect(server.socket());
  const done = ask(first, "/exhaust?ms=2000", "\r\n\r\n");
  let isOver = false;
  const over = done.finally(() => isOver = true);
  over.catch(() => {});
  // Only then: a connection that ended in between would leave its descriptor to others.
  while (!(await ask(second, "/exhausted", "\r\n\r\n")).endsWith("true")) ok(!isOver);
  let turnedAway = 0;
  while (!isOver) {
    using caller = await connect(server.socket());
    if (await ask(caller, "/adopted", "\r\n\r\n").catch(() => "") === "") turnedAway++;
  }
  match(await over, /^HTTP\/1.1 200/);
  ok(turnedAway > 0, `${turnedAway} turned away`);
  for (let call = 0; call < 5; call++) equal(await server.get("/adopted"), 1);
});

Deno.test("callers cannot use up what the process needs for itself", async () => {
  await using server = await startServer({ through });
  const callers: Deno.UnixConn[] = [];
  for (let call = 0; call < 250; call++) callers.push(await connect(server.socket()));
  // Some are served and stay, the others were closed without a byte.
  const served: Deno.UnixConn[] = [];
  for (const caller of callers) {
    const answer = await ask(caller, "/peer", "\r\n\r\n").catch(() => "");
    if (answer.startsWith("HTTP/1.1 200")) served.push(caller);
    else equal(answer, "");
  }
  const refused = callers.length - served.length;
  ok(served.length > 80 && refused > 100, `${served.length} served, ${refused} refused`);

  // A child process takes pipes, and the connections are all still open.
  const [first] = served;
  ok(first);
  match(await ask(first, "/child", "PATH="), /^HTTP\/1.1 200/);
  callers.forEach((caller) => caller.close());
  equal(await server.get("/adopted"), 1);
});

/** Asks on an open connection and reads until `end` has come, or the connection has ended. */
async function ask(caller: Deno.UnixConn, path: string, end: string): Promise<string> {
  await write(caller, `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  return await readUntil(caller, end);
}
