// SPDX-License-Identifier: MIT

/** Local identities: a device without any cloud, and a Certificates Service that issues or not. */

import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { daemon } from "./daemon.ts";
import { type Identityd, prepareIdentityd } from "./identityd_daemon.ts";
import { administrator, type Answer, ask, eventually, principal } from "./identityd_world.ts";

const isRoot = Deno.uid() === 0;
const LOCAL_UID = 54_001;

const CONFIG = (home: string) =>
  `hostname = "press"
homedir = "${home}"
max_requests = 50
[provisioning]
source = "none"
[localid]
domain = "example.net"
${administrator()}${
    principal(LOCAL_UID, "viewer", "local")
  }localid = { type = "x509", attributes = "server" }
`;

async function started(): Promise<Identityd> {
  const identityd = await prepareIdentityd({ config: CONFIG, keys: {}, timeScale: 0.05 });
  try {
    await identityd.daemon.start();
    return identityd;
  } catch (error) {
    await identityd[Symbol.asyncDispose]();
    throw error;
  }
}

async function openssl(directory: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", { args, cwd: directory }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

/** A Certificates Service that remembers what it is asked and signs it, or answers `refusal`. */
async function startIssuer(directory: string, refusal: { status?: number; message?: string }) {
  const asked: { url: string; certId: string; issuer: unknown; csr: string }[] = [];
  await openssl(
    directory,
    ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem"],
    ...["-subj", "/CN=plant"],
  );
  const server = Deno.serve({
    path: `${directory}/run/aziot/certd.sock`,
    onListen() {},
  }, async (request) => {
    const { certId, csr, issuer } = await request.json();
    asked.push({ url: `${request.method} ${request.url}`, certId, issuer, csr });
    const { status, message } = refusal;
    if (status !== undefined) return Response.json({ message }, { status });
    await Deno.writeTextFile(`${directory}/csr.pem`, csr);
    await openssl(
      directory,
      ...["x509", "-req", "-in", "csr.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "7"],
      ...["-copy_extensions", "copyall", "-out", "leaf.pem"],
    );
    const pem = await Deno.readTextFile(`${directory}/leaf.pem`) +
      await Deno.readTextFile(`${directory}/ca.pem`);
    return Response.json({ pem }, { status: 201 });
  });
  return { asked, [Symbol.asyncDispose]: () => server.shutdown() };
}

function authOf({ status, body }: Answer) {
  assert.equal(status, 200, JSON.stringify(body));
  const { type, spec } = JSON.parse(JSON.stringify(body));
  assert.equal(type, "local");
  assert.deepEqual(Object.keys(spec), ["moduleId", "auth"]);
  assert.deepEqual(Object.keys(spec.auth), ["privateKey", "certificate", "expiration"]);
  const leaf = new X509Certificate(spec.auth.certificate);
  const key = createPublicKey(createPrivateKey(spec.auth.privateKey));
  const der = { type: "spki", format: "der" } as const;
  assert.deepEqual(leaf.publicKey.export(der), key.export(der));
  assert.equal(Date.parse(spec.auth.expiration), Date.parse(leaf.validTo));
  return { moduleId: spec.moduleId, leaf };
}

function assertInternal({ status, body }: Answer): void {
  assert.equal(status, 500);
  assert.match(JSON.stringify(body), /^{"message":"internal error"[,}]/);
}

Deno.test("without any cloud a device has local identities and no others", async () => {
  await using identityd = await started();
  const { socket } = identityd;
  const refusal: { status?: number; message?: string } = {};
  await using issuer = await startIssuer(identityd.dir, refusal);

  const device = await ask(socket, "POST /identities/device", { type: "aziot" });
  assert.deepEqual(device, { status: 400, body: { message: "device identity not found" } });
  assert.equal((await ask(socket, "GET /identities/modules/viewer?type=aziot")).status, 400);

  const callers: [request: string, body?: unknown, uid?: number][] = [
    ["GET /identities/modules/viewer?type=local"],
    ["POST /identities/modules", { type: "local", moduleId: "made" }],
  ];
  if (isRoot) {
    callers.push(["GET /identities/modules/viewer?type=local", undefined, LOCAL_UID]);
    callers.push(["GET /identities/identity", undefined, LOCAL_UID]);
  }
  for (const [request, body, uid] of callers) {
    const { moduleId, leaf } = authOf(await ask(socket, request, body, uid));
    assert.equal(leaf.subject, `CN=${moduleId}.press.example.net`);
    const isServer = moduleId === "viewer";
    assert.equal(leaf.subjectAltName, isServer ? "DNS:viewer.press.example.net" : undefined);
  }
  for (const { url, issuer: by } of issuer.asked) {
    assert.match(url, /^POST .*\/certificates\?api-version=2020-09-01$/);
    assert.equal(by ?? null, null, "the method is that of the name");
  }
  assert.equal(new Set(issuer.asked.map(({ csr }) => csr)).size, callers.length, "no key twice");

  // What it refuses stays with the log, whatever its status.
  for (const status of [400, 401, 500]) {
    Object.assign(refusal, { status, message: `no, for reason ${status}` });
    const answer = await ask(socket, "GET /identities/modules/viewer?type=local");
    assertInternal(answer);
    await eventually("the reason", () => {
      const log = identityd.daemon.log();
      return log.includes(`!!! caused by: no, for reason ${status}`);
    });
  }
  assert.ok(!identityd.daemon.log().includes("PRIVATE KEY"));
});

Deno.test("until certificates are issued the log says what is missing", async () => {
  await using identityd = await started();
  const { dir, socket } = identityd;
  const home = `${dir}/var/lib/aziot/certd`;
  await Deno.mkdir(`${dir}/etc/aziot/certd/config.d`, { recursive: true });
  await Deno.mkdir(home);
  await Deno.writeTextFile(
    `${dir}/etc/aziot/certd/config.toml`,
    `homedir_path = "${home}"\n[[principal]]\nuid = ${Deno.uid()}\ncerts = ["*"]\n`,
  );
  const request = "GET /identities/modules/viewer?type=local";
  assertInternal(await ask(socket, request));

  const certd = daemon({ program: "certd", directory: dir }, {
    path: `${dir}/run/aziot/certd.sock`,
    mode: "0660",
  });
  await certd.start();
  try {
    assertInternal(await ask(socket, request));
    await eventually(
      "the reason",
      () => identityd.daemon.log().includes("no issuance method is configured for the cert viewer"),
    );
  } finally {
    await certd.stop();
  }
});

Deno.test("names of local identities follow the principals", async () => {
  await using identityd = await started();
  const invalid = (name: string, cause: string) => ({
    status: 400,
    body: { message: `parameter "${name}" has an invalid value\ncaused by: ${cause}` },
  });
  const rows: [request: string, body: unknown, answer: Answer][] = [
    [
      "GET /identities/modules/other?type=local",
      undefined,
      invalid("moduleId", "local identity for other doesn't exist"),
    ],
    [
      "POST /identities/modules",
      { type: "local", moduleId: "viewer" },
      invalid("moduleId", "local identity for viewer already exists"),
    ],
    [
      "POST /identities/modules",
      { type: "local", moduleId: " " },
      invalid("module_id", "module name cannot be empty"),
    ],
  ];
  for (const [request, body, answer] of rows) {
    assert.deepEqual(await ask(identityd.socket, request, body), answer);
  }
});
