// SPDX-License-Identifier: MIT

/** The Keys Service under load: what callers may rely on while it reloads and ends. */

import assert from "node:assert/strict";
import { keysClient } from "../../services/keyd/client.ts";
import { startKeyd } from "./keyd_daemon.ts";
import { connect, rawRequest } from "./raw_http.ts";

Deno.test("under load, reload and SIGTERM no connection ends between a request that was read and its answer", async () => {
  await using keyd = await startKeyd();
  using keys = keysClient({ socket: keyd.socket });
  const keyHandle = await keys.createKeyIfNotExists("k", "sign");
  const body = JSON.stringify({ keyHandle, algorithm: "HMAC-SHA256", parameters: { message: "" } });
  const request = rawRequest(
    "POST",
    "/sign?api-version=2021-05-01",
    [["content-length", `${body.length}`]],
    body,
  );

  let answers = 0;
  const caller = async () => {
    await using connection = await connect(keyd.socket);
    for (;;) {
      try {
        await connection.send(request);
      } catch (error) {
        assert.ok(error instanceof Deno.errors.BrokenPipe, String(error));
        return;
      }
      const answer = await connection.receive();
      if (!answer) {
        // An end without a reset would mean that the request was read and dropped.
        assert.ok(connection.wasReset, "a request was swallowed");
        return;
      }
      assert.equal(answer.status, 200);
      answers++;
    }
  };
  const callers = Promise.all(Array.from({ length: 10 }, caller));
  callers.catch(() => {});
  const reached = async (count: number) => {
    while (answers < count) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await Promise.race([reached(500), callers]);
  keyd.daemon.signal("SIGHUP");
  await Promise.race([reached(1000), callers]);
  assert.equal(await keyd.daemon.stop(), 0);
  await callers;
  assert.match(keyd.daemon.log(), /Config update finished\./);
});

Deno.test("no record at level trace has a key, a text, a handle or a signature in it", async () => {
  await using keyd = await startKeyd({ env: { AZIOT_LOG: "trace" } });
  using keys = keysClient({ socket: keyd.socket });
  const key = crypto.getRandomValues(new Uint8Array(32));
  const message = crypto.getRandomValues(new Uint8Array(48));
  const data = crypto.getRandomValues(new Uint8Array(24));
  const handle = await keys.importKey("k", "derive,sign,encrypt", key);
  const derived = await keys.createDerivedKey(handle, data);
  const secrets = [
    key,
    message,
    data,
    await keys.exportDerivedKey(derived),
    await keys.signHmacSha256(handle, message),
    await keys.encryptAead(derived, new Uint8Array(12), data, message),
  ];
  await assert.rejects(keys.decryptAead(handle, new Uint8Array(12), data, message));
  await assert.rejects(keys.signEcdsa(handle, message));
  await keys.deleteKey(handle);
  await keyd.daemon.stop();

  const log = keyd.daemon.log();
  assert.match(log, / \[INFO\] - audit: /);
  for (const secret of secrets) {
    assert.ok(!log.includes(secret.toBase64()));
    assert.ok(!log.includes(secret.toHex()));
  }
  assert.doesNotMatch(log, /sr=|sig=/);
});
