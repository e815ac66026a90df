// SPDX-License-Identifier: MIT

/** The Keys Service with a keys library whose calls take long, as those of a token may. */

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { libraryDirectory } from "../../scripts/run.ts";
import { keysClient } from "../../services/keyd/client.ts";
import { eventually } from "./eventually.ts";
import { type Keyd, keydConfig, librariesWith, startKeyd } from "./keyd_daemon.ts";
import { connect, connectAs, exchange, type RawConnection, rawRequest } from "./raw_http.ts";

/** Starts a Keys Service on the stub library: an id with `sleep-N` takes N milliseconds a call. */
async function startSlowKeyd(): Promise<Keyd & { slow: AsyncDisposable }> {
  const libraries = await librariesWith(
    "libaziot_keys.so",
    `${libraryDirectory()}/tests/stub_library.so`,
  );
  const slow = { [Symbol.asyncDispose]: () => Deno.remove(libraries, { recursive: true }) };
  try {
    const config = (dir: string) => keydConfig(dir).replace("[aziot_keys]", '$&\nstub = ""');
    return { ...await startKeyd({ libraries, config, mode: "0666" }), slow };
  } catch (error) {
    await slow[Symbol.asyncDispose]();
    throw error;
  }
}

const VERSION = "?api-version=2021-05-01";

function post(path: string, body: unknown): Uint8Array {
  const text = JSON.stringify(body);
  return rawRequest("POST", path + VERSION, [["content-length", `${text.length}`]], text);
}

Deno.test("calls of many callers never overlap in the library, and all answers are right", async () => {
  await using keyd = await startSlowKeyd();
  await using _ = keyd.slow;
  using keys = keysClient({ socket: keyd.socket });
  const bytes = new Uint8Array(32).fill(3);
  const handle = await keys.importKey("mixed", "derive,sign", bytes);

  const caller = async (number: number) => {
    await using connection = await connect(keyd.socket);
    for (let count = 0; count < 25; count++) {
      const message = `${number} ${count}`;
      await mixedRequests(connection, handle, bytes, message);
    }
  };
  await Promise.all(Array.from({ length: 10 }, (_, number) => caller(number)));
  assert.doesNotMatch(keyd.daemon.log(), /two calls at a time/);
});

/** Four requests, each with another kind of library call behind it. */
async function mixedRequests(
  connection: RawConnection,
  keyHandle: string,
  key: Uint8Array,
  message: string,
): Promise<void> {
  const ask = async (request: Uint8Array): Promise<Record<string, string>> => {
    await connection.send(request);
    const answer = await connection.receive();
    assert.equal(answer?.status, 200);
    return JSON.parse(new TextDecoder().decode(answer?.body));
  };
  const hmac = (secret: Uint8Array, text: string) =>
    createHmac("sha256", secret).update(text).digest();

  const sign = { keyHandle, algorithm: "HMAC-SHA256", parameters: { message: btoa(message) } };
  const { signature } = await ask(post("/sign", sign));
  assert.equal(signature, hmac(key, message).toString("base64"));

  const derive = { baseKeyHandle: keyHandle, derivationData: btoa(message) };
  const { keyHandle: derived } = await ask(post("/derivedkey", derive));
  const { key: exported } = await ask(post("/derivedkey/export", { keyHandle: derived }));
  assert.equal(exported, hmac(key, message).toString("base64"));

  await ask(post("/key", { keyId: `mixed ${message}`, usage: "sign" }));
}

Deno.test("what needs no library is answered while the library works", async () => {
  await using keyd = await startSlowKeyd();
  await using _ = keyd.slow;
  using keys = keysClient({ socket: keyd.socket });
  const handle = await keys.createKeyIfNotExists("sleep-4000", "sign");

  let isSlowOneDone = false;
  const slow = keys.signHmacSha256(handle, new Uint8Array()).finally(() => isSlowOneDone = true);
  slow.catch(() => {});
  const statuses: number[] = [];
  for (
    const request of [
      rawRequest("GET", "/key/x"),
      rawRequest("GET", `/nothing${VERSION}`),
      rawRequest("POST", `/key${VERSION}`, [["content-length", "1"]], "{"),
      post("/keypair/same", { from: "same" }),
      rawRequest("GET", `/key/handle-validation-key${VERSION}`),
    ]
  ) {
    statuses.push((await exchange(keyd.socket, request)).status);
  }
  if (Deno.uid() === 0) {
    await using stranger = connectAs(51183, keyd.socket);
    await stranger.send(rawRequest("GET", `/key/x${VERSION}`));
    statuses.push((await stranger.receive())?.status ?? 0);
  }
  assert.ok(!isSlowOneDone);
  assert.deepEqual(statuses, [400, 404, 422, 400, 400, ...Deno.uid() === 0 ? [401] : []]);
  assert.equal((await slow).length, 32);
});

Deno.test("SIGTERM lets a slow call finish, its caller gets the answer", async () => {
  await using keyd = await startSlowKeyd();
  await using _ = keyd.slow;
  using keys = keysClient({ socket: keyd.socket });
  const handle = await keys.createKeyIfNotExists("sleep-1000", "sign");
  await using idle = await connect(keyd.socket);

  const slow = keys.signHmacSha256(handle, new Uint8Array());
  slow.catch(() => {});
  await reached(keyd, "POST /sign");
  const stopped = keyd.daemon.stop();
  assert.equal((await slow).length, 32);
  assert.equal(await stopped, 0);
  assert.equal(await idle.receive(), undefined);
  assert.ok((await Deno.lstat(keyd.socket)).isSocket, "the activated socket's file stays");
});

Deno.test("a request that reached the library is finished when its caller is gone", async () => {
  await using keyd = await startSlowKeyd();
  await using _ = keyd.slow;
  using keys = keysClient({ socket: keyd.socket });
  {
    await using connection = await connect(keyd.socket);
    await connection.send(post("/key", { keyId: "sleep-300", usage: "sign", keyBytes: "AQID" }));
    await reached(keyd, "POST /key");
  }
  // The next call has to wait for the one before it.
  const handle = await keys.loadKey("sleep-300");
  const signature = createHmac("sha256", new Uint8Array([1, 2, 3])).update("x").digest();
  assert.deepEqual(
    await keys.signHmacSha256(handle, new TextEncoder().encode("x")),
    new Uint8Array(signature),
  );
});

/** Waits until the service has logged the arrival of a request. */
async function reached(keyd: Keyd, request: string): Promise<void> {
  const { daemon } = keyd;
  await eventually(request, () => daemon.log().includes(`<-- ${request}`), () => daemon.log());
}
