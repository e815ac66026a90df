// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { connectFailure, NotConnectedError } from "./client_errors.ts";

const failed = (code: string) => Object.assign(new Error(code), { code });

Deno.test("a service that is not there is told with the socket's path", async () => {
  const rows: [code: string, message: RegExp][] = [
    ["ECONNREFUSED", /^not connected: nobody listens on \/no\/such\.sock$/],
    ["ENOENT", /^not connected: there is no \/no\/such\.sock$/],
    ["EACCES", /^not connected: permission denied on \/no\/such\.sock; this process: /],
  ];
  for (const [code, message] of rows) {
    const error = await connectFailure("/no/such.sock", failed(code));
    assert.ok(error instanceof NotConnectedError);
    assert.match(error.message, message);
  }
  assert.equal(await connectFailure("/no/such.sock", failed("ECONNRESET")), undefined);
  assert.equal(await connectFailure("/no/such.sock", "text"), undefined);
});

Deno.test("where permission is missing, owner, group, mode and the remedy are told", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.chmod(path, 0o640);
    const { uid, gid } = await Deno.stat(path);
    const error = await connectFailure(path, failed("EACCES"));
    assert.equal(
      error?.message,
      `not connected: permission denied on ${path} (owner ${uid}, group ${gid}, mode 0640; ` +
        `this process: uid ${Deno.uid()}, gid ${Deno.gid()}). Its user has to be in group ${gid}`,
    );
  } finally {
    await Deno.remove(path);
  }
});
