// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { BodyReader } from "./body.ts";

const MIB = 1024 * 1024;

/** A request whose body comes in pieces, with or without its length announced. */
function chunked(chunks: (Uint8Array | Promise<Uint8Array>)[], length?: number): Request {
  const pieces = chunks[Symbol.iterator]();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = pieces.next();
      if (done) controller.close();
      else controller.enqueue(await value);
    },
  });
  const headers: HeadersInit = length === undefined
    ? { "transfer-encoding": "chunked" }
    : { "content-length": `${length}` };
  return new Request("http://h/", { method: "POST", body, headers });
}

async function outcome(reader: BodyReader, request: Request, limit: number) {
  return await reader.read<number | string>(
    request,
    limit,
    (bytes) => bytes.length,
    (error) => `${error.status} ${error.message}`,
  );
}

Deno.test("a body is read up to its limit, announced or not", async () => {
  using reader = new BodyReader(60_000);
  const piece = new Uint8Array(10);
  const tooLarge = "413 request body too large";
  const rows: [request: Request, limit: number, expected: number | string][] = [
    [chunked([piece, piece]), 20, 20],
    [chunked([piece, piece]), 19, tooLarge],
    [chunked([]), 0, 0],
    [chunked([piece], 10), 10, 10],
    [chunked([piece], 10), 9, tooLarge],
    [chunked([piece], 1e30), MIB, tooLarge],
    [new Request("http://h/", { method: "POST" }), 0, 0],
  ];
  for (const [request, limit, expected] of rows) {
    assert.equal(await outcome(reader, request, limit), expected);
  }
});

Deno.test("a body that does not come in time is a 408, announced or not", async () => {
  using reader = new BodyReader(20);
  const never = new Promise<Uint8Array>(() => {});
  const late = "408 deadline has elapsed";
  assert.equal(await outcome(reader, chunked([new Uint8Array(1), never], 2), MIB), late);
  assert.equal(await outcome(reader, chunked([new Uint8Array(1), never]), MIB), late);
});

Deno.test("a body that breaks off is a 400", async () => {
  using reader = new BodyReader(60_000);
  for (const length of [undefined, 20]) {
    const cut = chunked([new Uint8Array(1), Promise.reject(new Error("cut"))], length);
    assert.equal(
      await outcome(reader, cut, MIB),
      "400 error reading a body from connection",
    );
  }
});

Deno.test("large bodies are let in one at a time, small ones are not held up", async () => {
  using reader = new BodyReader(60_000);
  const large = new Uint8Array(MIB + 1);
  const events: string[] = [];
  const first = Promise.withResolvers<void>();
  const read = (name: string, request: Request, until?: Promise<void>) =>
    Promise.resolve(reader.read<void>(request, 4 * MIB, async () => {
      events.push(`${name} in`);
      await until;
      events.push(`${name} out`);
    }, (error) => void events.push(`${name} ${error.status}`)));

  const all = [
    read("announced", chunked([large], large.length), first.promise),
    read("counted", chunked([large])),
    read("third", chunked([large], large.length)),
    read("small", chunked([new Uint8Array(5)], 5)),
  ];
  await all[3];
  assert.deepEqual(events.filter((event) => event.endsWith("in")), ["announced in", "small in"]);
  first.resolve();
  await Promise.all(all);
  const order = events.filter((event) => !event.startsWith("small"));
  for (let at = 0; at < order.length; at += 2) {
    assert.equal(order[at]?.split(" ")[0], order[at + 1]?.split(" ")[0], order.join(", "));
  }
  assert.equal(order.length, 6);
});

Deno.test("large bodies of one caller make another one wait for one of them only", async () => {
  using reader = new BodyReader(60_000);
  const large = new Uint8Array(MIB + 1);
  const order: string[] = [];
  const read = (caller: number, length?: number) =>
    reader.read<void>(
      chunked([large], length),
      4 * MIB,
      () => void order.push(`${caller}`),
      (error) => void order.push(error.message),
      caller,
    );
  const announced = large.length;
  await Promise.all([read(1, announced), ...[1, 1, 1, 2].map((caller) => read(caller, announced))]);
  assert.equal(order.splice(0).join(""), "11211");
  await Promise.all([read(1), read(1), read(1), read(1), read(2)]);
  assert.ok(order.join("").indexOf("2") <= 2, order.join(""));
});

Deno.test("a large body that fails gives its place back", async () => {
  using reader = new BodyReader(60_000);
  const cut = () => chunked([new Uint8Array(MIB + 1), Promise.reject(new Error("cut"))]);
  assert.match(String(await outcome(reader, cut(), 4 * MIB)), /^400/);
  const cutWithLength = chunked([Promise.reject(new Error("cut"))], 2 * MIB);
  assert.match(String(await outcome(reader, cutWithLength, 4 * MIB)), /^400/);
  assert.equal(await outcome(reader, chunked([new Uint8Array(2 * MIB)]), 3 * MIB), 2 * MIB);
});
