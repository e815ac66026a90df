// SPDX-License-Identifier: MIT

/**
 * The synchronous client inside the field's OpenSSL engine against the Keys Service: it writes a
 * request in pieces, sends no Host, and takes an answer only if the first read of 512 bytes has the
 * whole head.
 */

import assert from "node:assert/strict";
import { type KeysClient, keysClient } from "../../services/keyd/client.ts";
import { startKeyd } from "./keyd_daemon.ts";
import { readVector } from "./keyd_replay.ts";
import { latin1 } from "./raw_http.ts";

/** What the engine sent, and what the existing service answered. */
interface RecordedCase {
  name: string;
  exchanges: { requestRaw: string; keydAnswer: string }[];
}

Deno.test("the engine's requests are answered in the way that it can read", async (t) => {
  await using keyd = await startKeyd();
  using keys = keysClient({ socket: keyd.socket });
  for (
    const { name, exchanges } of await readVector<RecordedCase[]>("engine-client", "cases.json")
  ) {
    await t.step(name, async () => {
      for (const { requestRaw, keydAnswer } of exchanges) {
        const theirs = parse(keydAnswer);
        const ours = parse(await ask(keyd.socket, await withHandleOfOurs(keys, name, requestRaw)));
        if (name === "symmetric handle") {
          // Ours looks at the kind of the handle before it asks the library.
          assert.equal(ours.status, "HTTP/1.1 400 Bad Request");
          continue;
        }
        assert.equal(ours.status, theirs.status);
        assert.deepEqual(ours.headers, theirs.headers);
        assert.deepEqual(Object.keys(ours.body), Object.keys(theirs.body));
      }
    });
  }
});

/** The same request with a handle of a key that this service has under the same id. */
async function withHandleOfOurs(keys: KeysClient, name: string, request: string): Promise<string> {
  const [theirs, payload = ""] = /sr=([^&"]+)&sig=[^"]+/.exec(request) ?? [];
  if (theirs === undefined) return request;
  const { key_id: id } = JSON.parse(new TextDecoder().decode(Uint8Array.fromBase64(payload)));
  const ours = "Key" in id
    ? await keys.createKeyIfNotExists(id.Key, "sign")
    : await keys.createKeyPairIfNotExists(
      id.KeyPair,
      name.startsWith("rsa") ? "rsa-2048" : "ec-p256",
    );
  assert.equal(ours.length, theirs.length);
  return request.replace(theirs, ours);
}

/** What that client does: pieces out, one read for the head, then as much body as announced. */
async function ask(socket: string, request: string): Promise<string> {
  using connection = await Deno.connect({ transport: "unix", path: socket });
  for (const piece of request.split(/(?<=\r\n)/)) await connection.write(latin1(piece));

  const buffer = new Uint8Array(512);
  const decoder = new TextDecoder();
  let answer = decoder.decode(buffer.subarray(0, await connection.read(buffer) ?? 0));
  const end = answer.indexOf("\r\n\r\n");
  assert.ok(end > 0, "the first read has the whole head");
  const length = end + 4 + Number(/content-length: (\d+)/.exec(answer)?.[1]);
  while (answer.length < length) {
    answer += decoder.decode(buffer.subarray(0, await connection.read(buffer) ?? assert.fail()));
  }
  return answer;
}

function parse(answer: string): { status: string; headers: string[]; body: object } {
  const [head = "", body = ""] = answer.split("\r\n\r\n");
  const [status = "", ...headers] = head.split("\r\n");
  return {
    status,
    headers: headers.map((line) =>
      line.startsWith("content-type") ? line : line.split(":")[0] ?? ""
    ),
    body: JSON.parse(body),
  };
}
