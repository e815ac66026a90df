// SPDX-License-Identifier: MIT

/** Which configuration files of the Keys Service count, and what happens when they change. */

import assert from "node:assert/strict";
import { eventually } from "./eventually.ts";
import { type Keyd, prepareKeyd, startKeyd } from "./keyd_daemon.ts";
import { connect, connectAs, type RawConnection, rawRequest } from "./raw_http.ts";

/** A caller without rights of its own: another user when this process is root, which has them all. */
const CALLER = Deno.uid() === 0 ? 51183 : Deno.uid() ?? 0;

async function call(keyd: Keyd): Promise<RawConnection> {
  return Deno.uid() === 0 ? connectAs(CALLER, keyd.socket) : await connect(keyd.socket);
}

/** 401 without a principal that names the key, else 400: there is no such key. */
async function statusOf(connection: RawConnection, keyId: string): Promise<number | undefined> {
  await connection.send(rawRequest("GET", `/key/${keyId}?api-version=2021-05-01`));
  return (await connection.receive())?.status;
}

const principal = (...keys: string[]) =>
  `[[principal]]\nuid = ${CALLER}\nkeys = ${JSON.stringify(keys)}\n`;

const directory = (keyd: Keyd) => `${keyd.dir}/etc/aziot/keyd/config.d`;

const config = (dir: string) =>
  `max_requests = 100\n[aziot_keys]\nhomedir_path = "${dir}/var/lib/aziot/keyd"\n${
    principal("main")
  }`;

/** Twenty milliseconds instead of a second. */
const QUICK = { AZIOT_DEV_TIME_SCALE: "0.02,1" };

Deno.test("regular files named *.toml count, principals of all add up", async () => {
  await using keyd = await prepareKeyd({ config, mode: "0666" });
  const files: Record<string, boolean> = {
    "10-a.toml": true,
    "20-b.toml": true,
    ".x.toml": true,
    "50-ßa.toml": true,
    ".toml": false,
    "D.TOML": false,
    "c.toml.bak": false,
    "noext": false,
    "40-dir.toml/e.toml": false,
  };
  await Deno.mkdir(`${directory(keyd)}/40-dir.toml`);
  await Deno.writeTextFile(`${keyd.dir}/linked`, principal("linked"));
  await Deno.symlink(`${keyd.dir}/linked`, `${directory(keyd)}/30-link.toml`);
  const keys = Object.keys(files).map((_, index) => `file-${index}`);
  for (const [index, name] of Object.keys(files).entries()) {
    await Deno.writeTextFile(`${directory(keyd)}/${name}`, principal(`file-${index}`));
  }
  await keyd.start();
  await using connection = await call(keyd);
  const allowed: boolean[] = [];
  for (const key of keys) allowed.push(await statusOf(connection, key) === 400);
  assert.deepEqual(allowed, Object.values(files));
  assert.equal(await statusOf(connection, "main"), 400);
  assert.equal(await statusOf(connection, "linked"), 401);
});

Deno.test("of one setting in two files the later file's counts", async () => {
  await using keyd = await prepareKeyd({ config, mode: "0666" });
  const home = (name: string) => `[aziot_keys]\nhomedir_path = "${keyd.dir}/${name}"\n`;
  await Deno.writeTextFile(`${directory(keyd)}/20-b.toml`, home("second"));
  await Deno.writeTextFile(`${directory(keyd)}/10-a.toml`, home("first") + principal("*"));
  await keyd.start();
  await using connection = await call(keyd);
  const body = '{"keyId":"x","usage":"sign"}';
  await connection.send(
    rawRequest("POST", "/key?api-version=2021-05-01", [["content-length", `${body.length}`]], body),
  );
  assert.equal((await connection.receive())?.status, 200);
  assert.ok((await Deno.stat(`${keyd.dir}/second/keys`)).isDirectory);
  await assert.rejects(Deno.stat(`${keyd.dir}/first`), Deno.errors.NotFound);
});

Deno.test("changes of principals count without a restart and without a broken connection", async () => {
  await using keyd = await startKeyd({ config, mode: "0666", env: QUICK });
  await using connection = await call(keyd);
  assert.equal(await statusOf(connection, "main"), 400);
  assert.equal(await statusOf(connection, "new"), 401);

  await Deno.writeTextFile(`${directory(keyd)}/60-new.toml`, principal("new"));
  await becomes(connection, "new", 400);
  await logged(keyd, "[INFO] - Detected change in config files. Updating config.\n");
  await logged(keyd, "[INFO] - Config update finished.\n");

  await Deno.writeTextFile(`${directory(keyd)}/70-bad.toml`, "[[principal]\n");
  await logged(keyd, "Detected config file update, but new config failed to parse.");
  assert.match(
    keyd.daemon.log(),
    /<4>[^\n]* failed to parse\. Error: could not read config from [^\n]*\/70-bad\.toml/,
  );
  assert.equal(await statusOf(connection, "new"), 400);

  await Deno.remove(`${directory(keyd)}/70-bad.toml`);
  await Deno.remove(`${directory(keyd)}/60-new.toml`);
  await becomes(connection, "new", 401);
  assert.equal(await statusOf(connection, "main"), 400);

  const main = `${keyd.dir}/etc/aziot/keyd/config.toml`;
  for (const key of ["renamed", "renamed-again"]) {
    await Deno.writeTextFile(`${keyd.dir}/replacement`, config(keyd.dir) + principal(key));
    await Deno.rename(`${keyd.dir}/replacement`, main);
    await becomes(connection, key, 400);
  }
  await Deno.writeTextFile(main, config(keyd.dir));
  await becomes(connection, "renamed-again", 401);
});

Deno.test("SIGHUP reads the configuration at once", async () => {
  // Changes are collected for ten seconds here: nobody waits for that.
  await using keyd = await startKeyd({ config, mode: "0666" });
  await using connection = await call(keyd);
  await Deno.writeTextFile(`${directory(keyd)}/60-new.toml`, principal("new"));
  keyd.daemon.signal("SIGHUP");
  await logged(keyd, "Config update finished.");
  assert.equal(await statusOf(connection, "new"), 400);
});

/** Asks until a key has this status. */
async function becomes(connection: RawConnection, keyId: string, status: number): Promise<void> {
  const isSo = async () => await statusOf(connection, keyId) === status;
  await eventually(`${status} for the key ${keyId}`, isSo);
}

/** Waits until a line has been logged. */
async function logged(keyd: Keyd, line: string): Promise<void> {
  const { daemon } = keyd;
  await eventually(line, () => daemon.log().includes(line), () => daemon.log());
}
