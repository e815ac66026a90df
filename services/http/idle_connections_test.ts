// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { Http1Connection } from "./http1_connection.ts";
import { IdleConnections } from "./idle_connections.ts";
import { scripted } from "./testing/scripted_transport.ts";

const HOUR = 3_600_000;
const ANSWER = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

/** A connection after its first exchange; what becomes of it stands in `events`. */
async function used(name: string, events: string[], answer = ANSWER) {
  const peer = Promise.withResolvers<number | null>();
  const script = scripted([answer]);
  let isFirst = true;
  const connection = new Http1Connection({
    ...script,
    read(into) {
      if (!isFirst) return peer.promise;
      isFirst = false;
      return script.read(into);
    },
    end: () => {
      events.push(`${name} ended`);
      return Promise.resolve();
    },
    close: () => void events.push(`${name} closed`),
  });
  await connection.exchange(new Uint8Array(1), { method: "GET", maxBody: 0 });
  return { connection, leave: () => peer.resolve(null) };
}

Deno.test("a connection is taken by requests to its server, the last used one first", async () => {
  const idle = new IdleConnections({ count: 4, milliseconds: HOUR });
  const events: string[] = [];
  const [a, b, c] = [await used("a", events), await used("b", events), await used("c", events)];
  idle.keep("one", a.connection);
  idle.keep("one", b.connection);
  idle.keep("two", c.connection);
  assert.equal(idle.take("one"), b.connection);
  assert.equal(idle.take("one"), a.connection);
  assert.equal(idle.take("one"), undefined);
  idle.close();
  assert.deepEqual(events, ["c closed"]);
});

Deno.test("the longest idle one makes room", async () => {
  const idle = new IdleConnections({ count: 2, milliseconds: HOUR });
  const events: string[] = [];
  for (const name of ["a", "b", "c"]) idle.keep("one", (await used(name, events)).connection);
  assert.deepEqual([idle.count, events], [2, ["a ended"]]);
  idle.drop();
  assert.deepEqual([idle.count, events], [1, ["a ended", "b ended"]]);
  idle.keep("two", (await used("d", events)).connection);
  idle.forget("one");
  assert.deepEqual([idle.count, events], [1, ["a ended", "b ended", "c ended"]]);
  idle.close();
  idle.drop();
});

Deno.test("one whose server has left is dropped, one that was taken before is not touched", async () => {
  const idle = new IdleConnections({ count: 2, milliseconds: HOUR });
  const events: string[] = [];
  const [a, b] = [await used("a", events), await used("b", events)];
  idle.keep("one", a.connection);
  idle.keep("one", b.connection);
  assert.equal(idle.take("one"), b.connection);
  a.leave();
  b.leave();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.deepEqual([idle.count, events], [0, ["a ended"]]);
});

Deno.test("one that nobody needs is ended after its time", async () => {
  const idle = new IdleConnections({ count: 2, milliseconds: 1 });
  const events: string[] = [];
  idle.keep("one", (await used("a", events)).connection);
  // A timer that keeps no process alive does not keep this test alive either.
  while (idle.count > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.deepEqual(events, ["a ended"]);
});

Deno.test("one that cannot be used again, or comes back too late, is closed", async () => {
  const idle = new IdleConnections({ count: 2, milliseconds: HOUR });
  const events: string[] = [];
  const last = ANSWER.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n");
  idle.keep("one", (await used("a", events, last)).connection);
  idle.close();
  idle.keep("one", (await used("b", events)).connection);
  assert.deepEqual([idle.count, events], [0, ["a closed", "b closed"]]);
});
