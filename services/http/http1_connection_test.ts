// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { Http1Connection } from "./http1_connection.ts";
import { scripted } from "./testing/scripted_transport.ts";
import type { Transport } from "./transport.ts";

const LIMITS = { method: "GET", maxBody: 100 };
const REQUEST = new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n");
const OK = "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n";

const bodyOf = async (connection: Http1Connection) =>
  new TextDecoder().decode((await connection.exchange(REQUEST, LIMITS)).body);

Deno.test("exchanges follow one another on a connection that lasts", async () => {
  const connection = new Http1Connection(scripted([`${OK}a`, `${OK}b`]));
  assert.equal(connection.isReusable, false);
  assert.equal(await bodyOf(connection), "a");
  assert.equal(connection.isReusable, true);
  assert.equal(await bodyOf(connection), "b");
});

Deno.test("what comes behind an answer is never taken for the next one", async () => {
  const connection = new Http1Connection(scripted([`${OK}a${OK}b`]));
  assert.equal(await bodyOf(connection), "a");
  assert.equal(connection.isReusable, false);
});

Deno.test("an answer to half a request is taken, but nothing can follow it", async () => {
  const never = new Promise<void>(() => {});
  const transport: Transport = { ...scripted([`${OK}a`]), write: () => never };
  const connection = new Http1Connection(transport);
  assert.equal(await bodyOf(connection), "a");
  assert.equal(connection.isReusable, false);
});

Deno.test("an exchange that fails tells whether an answer had begun, and why it was not sent", async () => {
  const broken = new Error("broken pipe");
  const rows: [pieces: string[], hasAnswered: boolean][] = [[[], false], [["HTTP/1"], true]];
  for (const [pieces, hasAnswered] of rows) {
    const transport: Transport = {
      ...scripted([`${OK}a`, ...pieces], "cut"),
      write: () => isFirst ? Promise.resolve() : Promise.reject(broken),
    };
    let isFirst = true;
    const connection = new Http1Connection(transport);
    await bodyOf(connection);
    isFirst = false;
    await assert.rejects(bodyOf(connection), (error) => {
      assert.ok(error instanceof Error);
      assert.equal(error.cause, broken);
      return true;
    });
    assert.equal(connection.isReusable, false);
    assert.equal(connection.hasAnswered, hasAnswered);
  }
});

Deno.test("between two exchanges the end of the connection is told, and so are uncalled bytes", async () => {
  for (const pieces of [[`${OK}a`], [`${OK}a`, "HTTP/1.1"]]) {
    const held: boolean[] = [];
    const connection = new Http1Connection({
      ...scripted(pieces),
      hold: (isHeld) => held.push(isHeld),
    });
    await bodyOf(connection);
    const { promise, resolve } = Promise.withResolvers<void>();
    connection.rest(resolve);
    await promise;
    connection.wake();
    assert.deepEqual(held, [false, true]);
  }
});
