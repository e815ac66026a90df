// SPDX-License-Identifier: MIT

/** Handles and the key that signs them, on a real key store. */

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { type KeyHandle, keysClient } from "../../services/keyd/client.ts";
import { keydConfig, prepareKeyd, startKeyd } from "./keyd_daemon.ts";
import { validationKeyFile } from "./keyd_replay.ts";

const INVALID = {
  status: 400,
  message: 'parameter "handle" has an invalid value\ncaused by: invalid handle',
};

/** A handle of the key `pump-3` under the validation key 00, 01, ... 1F. */
const EXAMPLE_HANDLE = (
  "sr=eyJrZXlfaWQiOnsiS2V5IjoicHVtcC0zIn0sIm5vbmNlIjoiV2xwYVdscGFXbHBhV2xwYVdscGFXbHBhV2xwYVdscGF" +
  "XbHBhV2xwYVdscGFXbHBhV2xwYVdscGFXbHBhV2xwYVdscGFXbHBhV2xwYVdscGFXbHBhV2c9PSJ9" +
  "&sig=j7lLH5fv+XCrA99Lg1CUJNFus53TLNBHYBuTm+qiWIc="
) as KeyHandle;

Deno.test("the validation key may be preloaded: its handles are good in every service that has it", async () => {
  await using keyd = await prepareKeyd({
    config: (dir) =>
      `${keydConfig(dir)}\n[preloaded_keys]\nhandle-validation-key = "file://${dir}/validation"\n`,
  });
  await Deno.writeFile(
    `${keyd.dir}/validation`,
    Uint8Array.from({ length: 32 }, (_, byte) => byte),
  );
  await keyd.start();
  using keys = keysClient({ socket: keyd.socket });
  await keys.importKey("pump-3", "sign", new Uint8Array(32));
  const signature = createHmac("sha256", new Uint8Array(32)).update("x").digest();
  assert.deepEqual(
    await keys.signHmacSha256(EXAMPLE_HANDLE, new TextEncoder().encode("x")),
    new Uint8Array(signature),
  );
  await assert.rejects(keys.loadKey("handle-validation-key"), {
    status: 400,
    message: 'parameter "id" has an invalid value',
  });
});

Deno.test("another validation key counts at once: its own handles are good, no others", async () => {
  await using keyd = await startKeyd();
  using keys = keysClient({ socket: keyd.socket });
  const file = validationKeyFile(keyd);
  const first = await keys.createKeyIfNotExists("k", "sign");
  await keys.signHmacSha256(first, new Uint8Array());
  const before = await Deno.readFile(file);

  await Deno.writeFile(file, new Uint8Array(32));
  await assert.rejects(keys.signHmacSha256(first, new Uint8Array()), INVALID);
  const second = await keys.loadKey("k");
  await keys.signHmacSha256(second, new Uint8Array());

  await Deno.remove(file);
  await assert.rejects(keys.signHmacSha256(second, new Uint8Array()), INVALID);
  assert.equal((await Deno.stat(file)).size, 32);
  await keys.signHmacSha256(await keys.loadKey("k"), new Uint8Array());

  await Deno.writeFile(file, before);
  await keys.signHmacSha256(first, new Uint8Array());
  await assert.rejects(keys.signHmacSha256(second, new Uint8Array()), INVALID);
});

Deno.test("a handle outlives its key: it means whatever key has the id", async () => {
  await using keyd = await startKeyd();
  using keys = keysClient({ socket: keyd.socket });
  const handle = await keys.importKey("k", "sign", new Uint8Array([1]));
  await keys.importKey("k", "sign", new Uint8Array([2]));
  const signature = createHmac("sha256", new Uint8Array([2])).update("").digest();
  assert.deepEqual(await keys.signHmacSha256(handle, new Uint8Array()), new Uint8Array(signature));
  await keys.deleteKey(handle);
  await assert.rejects(keys.signHmacSha256(handle, new Uint8Array()), { status: 400 });
  await keys.createKeyIfNotExists("k", "sign");
  await keys.signHmacSha256(handle, new Uint8Array());
});

Deno.test("without a key store the service serves and can make nothing", async () => {
  await using keyd = await prepareKeyd({
    config: (dir) => `[preloaded_keys]\nthere = "file://${dir}/there"\n`,
  });
  await Deno.writeFile(`${keyd.dir}/there`, new Uint8Array([1]));
  await keyd.start();
  using keys = keysClient({ socket: keyd.socket });
  const root = { status: Deno.uid() === 0 ? 400 : 401 };
  await assert.rejects(keys.createKeyIfNotExists("k", "sign"), root);
  await assert.rejects(keys.loadKey("k"), root);
  if (Deno.uid() !== 0) return;
  // The key is found; the one that would sign its handle is not.
  await assert.rejects(keys.loadKey("there"), { status: 500, message: "internal error" });
  await keyd.daemon.stop();
  assert.match(keyd.daemon.log(), /could not use the handle validation key/);
});
