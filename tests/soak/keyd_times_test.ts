// SPDX-License-Identifier: MIT

/** The times that the Keys Service promises, at their real length, on a machine with nothing else to do. */

import assert from "node:assert/strict";
import { libraryDirectory } from "../../scripts/run.ts";
import { keysClient } from "../../services/keyd/client.ts";
import { keydConfig, librariesWith, startKeyd } from "../e2e/keyd_daemon.ts";
import { connect, exchange, rawRequest } from "../e2e/raw_http.ts";

const VERSION = "?api-version=2021-05-01";

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

Deno.test("a body that is withheld is answered after five seconds, and the connection ends", async () => {
  await using keyd = await startKeyd();
  await using connection = await connect(keyd.socket);
  const start = performance.now();
  await connection.send(rawRequest("POST", `/key${VERSION}`, [["content-length", "5"]], "{"));
  const answer = await connection.receive();
  const seconds = (performance.now() - start) / 1000;
  assert.equal(answer?.status, 408);
  assert.ok(seconds >= 4.9 && seconds < 6, `${seconds} s`);
  assert.ok(await connection.endsWithin(1000));
  console.log(`408 after ${seconds.toFixed(2)} s`);
});

Deno.test("a new principal counts within fifteen seconds", async () => {
  const uid = Deno.uid() === 0 ? 51183 : Deno.uid() ?? 0;
  await using keyd = await startKeyd({
    mode: "0666",
    config: (dir) => `[aziot_keys]\nhomedir_path = "${dir}/var/lib/aziot/keyd"\n`,
  });
  const ask = async () =>
    (await exchange(
      keyd.socket,
      rawRequest("GET", `/key/new${VERSION}`),
      Deno.uid() === 0 ? { uid } : {},
    )).status;
  assert.equal(await ask(), 401);
  const start = performance.now();
  await Deno.writeTextFile(
    `${keyd.dir}/etc/aziot/keyd/config.d/60-new.toml`,
    `[[principal]]\nuid = ${uid}\nkeys = ["new"]\n`,
  );
  while (await ask() !== 400) await pause(100);
  const seconds = (performance.now() - start) / 1000;
  assert.ok(seconds < 15, `${seconds} s`);
  console.log(`a principal after ${seconds.toFixed(2)} s`);
});

Deno.test("while a library call takes five seconds, what needs no library takes a tenth of one", async () => {
  const libraries = await librariesWith(
    "libaziot_keys.so",
    `${libraryDirectory()}/tests/stub_library.so`,
  );
  try {
    await using keyd = await startKeyd({
      libraries,
      mode: "0666",
      config: (dir) => keydConfig(dir).replace("[aziot_keys]", '$&\nstub = ""'),
    });
    using keys = keysClient({ socket: keyd.socket });
    const handle = await keys.createKeyIfNotExists("sleep-5000", "sign");
    let isSlowOneDone = false;
    const slow = keys.signHmacSha256(handle, new Uint8Array()).finally(() => isSlowOneDone = true);
    while (!keyd.daemon.log().includes("<-- POST /sign")) await pause(5);

    const rows: [status: number, request: Uint8Array][] = [
      [400, rawRequest("GET", "/key/x")],
      [404, rawRequest("GET", `/nothing${VERSION}`)],
      [422, rawRequest("POST", `/key${VERSION}`, [["content-length", "1"]], "{")],
      [401, rawRequest("GET", `/key/x${VERSION}`)],
    ];
    for (const [status, request] of rows) {
      const options = status === 401 && Deno.uid() === 0 ? { uid: 51183 } : {};
      if (status === 401 && Deno.uid() !== 0) continue;
      const start = performance.now();
      assert.equal((await exchange(keyd.socket, request, options)).status, status);
      const milliseconds = performance.now() - start;
      assert.ok(milliseconds < 100, `${status} after ${milliseconds} ms`);
      console.log(`${status} after ${milliseconds.toFixed(1)} ms`);
    }
    assert.ok(!isSlowOneDone);
    assert.equal((await slow).length, 32);
  } finally {
    await Deno.remove(libraries, { recursive: true });
  }
});
