// SPDX-License-Identifier: MIT

/** Requests that cost the Keys Service far more memory than they have bytes; its heap is small. */

import assert from "node:assert/strict";
import { type Keyd, startKeyd } from "./keyd_daemon.ts";
import { connect, rawRequest } from "./raw_http.ts";

/** The largest body of a request to sign. */
const LARGEST = 4 * 1024 * 1024;

async function post(keyd: Keyd, path: string, body: string): Promise<number | undefined> {
  await using connection = await connect(keyd.socket);
  const headers = [["content-length", `${body.length}`]] as const;
  await connection.send(rawRequest("POST", `${path}?api-version=2021-05-01`, headers, body));
  return (await connection.receive())?.status;
}

Deno.test("a body of very many or very deep values is refused, and the service lives on", async () => {
  await using keyd = await startKeyd();
  const half = LARGEST / 2;
  const third = Math.floor(LARGEST / 3) - 10;
  const bodies = [
    `{"x":[${"{},".repeat(third)}{}]}`,
    `{"x":[${"[],".repeat(third)}[]]}`,
    "[".repeat(half) + "]".repeat(half),
    '{"":'.repeat(LARGEST / 4),
  ];
  for (const body of bodies) assert.equal(await post(keyd, "/sign", body), 422);
  assert.equal(await post(keyd, "/key", '{"keyId":"a","usage":"sign"}'), 200);
  assert.equal(await keyd.daemon.stop(), 0);
});

Deno.test("long texts that reach the keys library are not kept, and the service lives on", async () => {
  await using keyd = await startKeyd();
  for (let index = 0; index < 100; index++) {
    const preferredAlgorithms = `ec-p256:${`${index}`.padStart(1_000_000, "x")}`;
    const body = JSON.stringify({ keyId: "a", preferredAlgorithms });
    assert.equal(await post(keyd, "/keypair", body), 200);
  }
  assert.equal(await keyd.daemon.stop(), 0);
});
