// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { libraryPath } from "../../ffi/library_path.ts";
import { startDaemon } from "./testing/fixture.ts";
import { exchange, get } from "./testing/raw_client.ts";

const PING = get("/echo/x?api-version=2021-05-01");

async function serves(path: string): Promise<boolean> {
  return (await exchange(path, PING)).status === 200;
}

/** What a daemon that does not start leaves: its exit code and its log. */
async function failedStart(options: Parameters<typeof startDaemon>[0]) {
  await using daemon = await startDaemon({ ...options, early: true });
  return { code: await daemon.ended(), log: daemon.log() };
}

Deno.test("a passed socket of any name is served, and the configured path is not touched", async () => {
  await using daemon = await startDaemon({
    passed: { whatever: "passed" },
    settings: (dir) => ({ sockets: [{ endpoint: `unix://${dir}/configured`, fdName: "api" }] }),
  });
  assert.ok(await serves(`${daemon.dir}/passed`));
  await assert.rejects(Deno.stat(`${daemon.dir}/configured`), Deno.errors.NotFound);
  assert.deepEqual(daemon.log().slice(0, 3).map((line) => line.replace(/ - \d.*/, " - <v>")), [
    "<6>[INFO] - Starting service...",
    "<6>[INFO] - Version - <v>",
    "<6>[INFO] - Starting server...",
  ]);
});

Deno.test("two passed sockets are served, by one server or by one each", async () => {
  for (const apart of [false, true]) {
    await using daemon = await startDaemon({
      passed: { one: "a", two: "b" },
      settings: (dir) => ({
        apart,
        sockets: ["one", "two"].map((fdName) => ({ endpoint: `unix://${dir}/none`, fdName })),
      }),
    });
    assert.ok(await serves(`${daemon.dir}/a`));
    assert.ok(await serves(`${daemon.dir}/b`));
  }
});

Deno.test("a child gets neither the activation's variables nor LD_PRELOAD, and FFI is given up", async () => {
  const allowed = ["libaziot_serve.so", "libaziot_sys.so"].map(libraryPath).join(",");
  await using daemon = await startDaemon({
    flags: ["--allow-env", "--allow-run=/usr/bin/env", "--allow-net", `--allow-ffi=${allowed}`],
  });
  const { body } = await exchange(daemon.socket, get("/process?api-version=2021-05-01"));
  const { own, child, ffi } = JSON.parse(body) as { own: string[]; child: string[]; ffi: string };
  const names = [...own, ...child.map((line) => line.split("=")[0] ?? "")];
  assert.ok(names.includes("PATH"));
  assert.deepEqual(names.filter((name) => /^LISTEN_|^LD_PRELOAD$/.test(name)), []);
  assert.notEqual(ffi, "granted");
  assert.match(await Deno.readTextFile(`/proc/${daemon.pid}/status`), /\nNoNewPrivs:\t1\n/);
});

Deno.test("without activation the path is bound, 0660, and a stale socket is replaced", async () => {
  await using daemon = await startDaemon({ passed: {} });
  const path = `${daemon.dir}/s`;
  assert.ok(await serves(path));
  assert.equal((await Deno.stat(path)).mode ?? 0, 0o140660);

  const stale = Deno.listen({ transport: "unix", path: `${daemon.dir}/stale` });
  stale.close();
  // Deno removes the file of a listener on a path; a crash leaves one.
  await Deno.rename(path, `${daemon.dir}/left`);
  const left = `${daemon.dir}/left`;
  await using second = await startDaemon({
    passed: {},
    settings: () => ({ sockets: [{ endpoint: `unix://${left}` }] }),
  });
  assert.ok(await serves(left));
  await second.logged("--> 200");
  assert.equal(second.log().at(-1), '<6>[INFO] - --> 200 {"content-type": "application/json"}');
});

Deno.test("anything but a socket at the path stops the start, which names it", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${dir}/file`, "precious");
    await Deno.mkdir(`${dir}/directory`);
    for (const name of ["file", "directory", "no/such/place"]) {
      const { code, log } = await failedStart({
        passed: {},
        settings: () => ({ sockets: [{ endpoint: `unix://${dir}/${name}` }] }),
      });
      assert.equal(code, 1);
      assert.deepEqual(log.slice(2, 4), [
        "<3>[ERR!] - service encountered an error",
        `<3>[ERR!] - caused by: could not listen on ${dir}/${name}`,
      ]);
      assert.equal(log.length, 5, "and the system's reason");
    }
    assert.equal(await Deno.readTextFile(`${dir}/file`), "precious");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("without the adapter a daemon ends and says what to set where", async () => {
  const { code, log } = await failedStart({ bare: true });
  assert.equal(code, 1);
  assert.match(log[3] ?? "", /LD_PRELOAD of aziot-testd\.service must name libaziot_serve\.so/);
  assert.match(log[3] ?? "", /descriptor 3/);
  const bound = await failedStart({ bare: true, passed: {} });
  assert.equal(bound.code, 1);
  assert.match(bound.log[3] ?? "", /LD_PRELOAD of aziot-testd\.service/);
});

Deno.test("a descriptor that is no listening unix socket ends the start and is named", async () => {
  const { code, log } = await failedStart({
    passed: {},
    settings: () => ({ sockets: [{ endpoint: "fd://2" }] }),
  });
  assert.equal(code, 1);
  assert.match(log[3] ?? "", /does not serve fd:\/\/2 \(descriptor 2\)/);
  const closed = await failedStart({
    passed: {},
    settings: () => ({ sockets: [{ endpoint: "fd://77" }] }),
  });
  assert.match(closed.log[3] ?? "", /does not serve fd:\/\/77 \(descriptor 77\)/);
});

Deno.test("the variables of another process are not ours; those that are no numbers end the start", async () => {
  await using daemon = await startDaemon({
    passed: {},
    env: { LISTEN_PID: "1", LISTEN_FDS: "1" },
  });
  assert.ok(await serves(`${daemon.dir}/s`));
  const { code, log } = await failedStart({
    passed: {},
    env: { LISTEN_PID: "x", LISTEN_FDS: "1" },
  });
  assert.equal(code, 1);
  assert.deepEqual(log.slice(2), [
    "<3>[ERR!] - service encountered an error",
    "<3>[ERR!] - caused by: could not read LISTEN_PID env var: invalid digit found in string",
  ]);
});

Deno.test("one socket only, the adapter's and the shell's libraries are all that serving needs", async () => {
  const allowed = ["libaziot_serve.so", "libaziot_sys.so"].map(libraryPath).join(",");
  const env = "LISTEN_PID,LISTEN_FDS,LISTEN_FDNAMES,AZIOT_LOG,AZIOT_LIB_DIR";
  const flags = [`--allow-env=${env}`, "--allow-net=[fdac:5d5d::]:3", `--allow-ffi=${allowed}`];
  await using daemon = await startDaemon({ flags });
  assert.ok(await serves(daemon.socket));

  for (const missing of [1, 2]) {
    const { code, log } = await failedStart({ flags: flags.filter((_, at) => at !== missing) });
    assert.equal(code, 1);
    assert.match(log.join("\n"), missing === 1 ? /descriptor 3.*\n.*net/i : /ffi/i);
  }
  // A daemon whose permissions cover the passed descriptor alone does not bind a path.
  const { code, log } = await failedStart({ flags, passed: {} });
  assert.equal(code, 1);
  assert.match(log.join("\n"), /start aziot-testd through aziot-testd\.socket/);
});
