// SPDX-License-Identifier: MIT

/** What happens when the configuration of a running Certificates Service changes. */

import assert from "node:assert/strict";
import { type Certd, logged, startCertd } from "./certd_daemon.ts";
import { textOf, vector } from "./keyd_replay.ts";
import { connect, connectAs, exchange, type RawConnection, rawRequest } from "./raw_http.ts";

/** A caller without rights of its own: another user when this process is root, which has them all. */
const CALLER = Deno.uid() === 0 ? 53_000 : Deno.uid() ?? 0;

function call({ socket }: Certd): Promise<RawConnection> {
  return Promise.resolve(Deno.uid() === 0 ? connectAs(CALLER, socket) : connect(socket));
}

/** 401 without a principal that names the certificate, else 204. */
async function statusOf(connection: RawConnection, id: string): Promise<number | undefined> {
  const target = `/certificates/${id}?api-version=2020-09-01`;
  await connection.send(rawRequest("DELETE", target, [["host", "certd.sock"]]));
  return (await connection.receive())?.status;
}

const principal = (...certs: string[]) =>
  `[[principal]]\nuid = ${CALLER}\ncerts = ${JSON.stringify(certs)}\n`;

/** A reload 200 milliseconds after a change instead of ten seconds. */
const QUICK = { AZIOT_DEV_TIME_SCALE: "0.02,1" };

const finished = (certd: Certd, times: number) => logged(certd, /Config update finished\./, times);

Deno.test("principals change without a restart, and a broken file changes nothing", async () => {
  await using certd = await startCertd({ config: () => principal("main"), env: QUICK });
  const directory = `${certd.dir}/etc/aziot/certd/config.d`;
  await using connection = await call(certd);
  assert.equal(await statusOf(connection, "main"), 204);
  assert.equal(await statusOf(connection, "new"), 401);

  await Deno.writeTextFile(`${directory}/60-new.toml`, principal("new"));
  await finished(certd, 1);
  assert.equal(await statusOf(connection, "new"), 204);
  assert.equal(await statusOf(connection, "main"), 204);

  await Deno.writeTextFile(`${directory}/70-bad.toml`, "[[principal]\n");
  await logged(certd, /<4>.*new config failed to parse\. Error: could not read .*\/70-bad\.toml/);
  assert.equal(await statusOf(connection, "new"), 204);

  await Deno.writeTextFile(`${directory}/70-bad.toml`, '[cert_issuance]\nx = "est"\n');
  await logged(certd, /<4>.*failed to parse.*expected a table in `cert_issuance\.x`/);
  assert.equal(await statusOf(connection, "new"), 204);

  await Deno.remove(`${directory}/70-bad.toml`);
  await Deno.remove(`${directory}/60-new.toml`);
  await finished(certd, 2);
  assert.equal(await statusOf(connection, "new"), 401);
  assert.equal(await statusOf(connection, "main"), 204);
});

Deno.test("places and warnings follow the configuration, home and limit do not", async () => {
  await using certd = await startCertd({ home: vector("certd-storage", "home") });
  const get = (id: string) =>
    exchange(certd.socket, rawRequest("GET", `/certificates/${id}?api-version=2020-09-01`));
  const main = `${certd.dir}/etc/aziot/certd/config.toml`;
  const before = textOf(await get("nonl"));
  assert.equal((await get("all")).status, 400);

  const placed = `${certd.dir}/var/secrets/aziot/placed.pem`;
  await Deno.writeTextFile(placed, "placed");
  await Deno.writeTextFile(
    main,
    `homedir_path = "${certd.dir}/elsewhere"
max_requests = 0
[cert_issuance.est]
trusted_certs = ["gone"]
[cert_issuance.x]
method = "est"
password = "p"
[preloaded_certs]
all = ["nonl", "placed"]
placed = "file://${placed}"
`,
  );
  certd.daemon.signal("SIGHUP");
  await finished(certd, 1);
  await logged(certd, /<4>.*\[cert_issuance\.x\] `password` is ignored without `username`/);
  await logged(certd, /<4>.*trusted_certs contains unreadable cert "gone": not found/);
  assert.equal(textOf(await get("nonl")), before);
  assert.deepEqual(JSON.parse(textOf(await get("placed"))), { pem: "placed" });
  assert.equal(JSON.parse(textOf(await get("all"))).pem, `${JSON.parse(before).pem}\nplaced`);

  await certd.configure("");
  certd.daemon.signal("SIGHUP");
  await finished(certd, 2);
  assert.equal((await get("placed")).status, 400);
});
