// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { certificatesClient } from "./client.ts";

Deno.test("reading is tried again, issuing is not: it may have been done", async () => {
  const directory = await Deno.makeTempDir();
  const socket = `${directory}/certd.sock`;
  // A service that hangs up as soon as it has read something.
  const listener = Deno.listen({ transport: "unix", path: socket });
  const asked: string[] = [];
  const serving = (async () => {
    for await (const connection of listener) {
      const head = new Uint8Array(4_096);
      const read = await connection.read(head) ?? 0;
      asked.push(new TextDecoder().decode(head.subarray(0, read)).split(" ", 1)[0] ?? "");
      connection.close();
    }
  })();
  try {
    using certificates = certificatesClient({ socket, retries: 1, retryPauseMs: 0 });
    await assert.rejects(certificates.createCertificate("pump-3", "csr"));
    assert.deepEqual(asked, ["POST"]);
    await assert.rejects(certificates.getCertificate("pump-3"));
    assert.deepEqual(asked, ["POST", "GET", "GET"]);
  } finally {
    listener.close();
    await serving;
    await Deno.remove(directory, { recursive: true });
  }
});
