// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { connect, type ConnectionOptions } from "node:tls";
import { Authority } from "./authority.ts";
import { startHub, VERSION } from "./hub/hub_fixture.ts";
import type { TlsSettings } from "./tls_settings.ts";

/** The protocol that both sides agree on, or the error. */
function handshake(port: number, options: ConnectionOptions): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect({ host: "localhost", port, ...options }, () => {
    resolve(socket.getProtocol() ?? "none");
    socket.destroy();
  });
  socket.on("error", (error) => resolve(error.message));
  socket.on("close", () => resolve("closed"));
  return promise;
}

/** What OpenSSL says about the server, which judges names and dates as the product does. */
async function openssl(port: number, caPath: string): Promise<string> {
  const { stdout, stderr } = await new Deno.Command("openssl", {
    args: [
      ...["s_client", "-connect", `127.0.0.1:${port}`, "-CAfile", caPath],
      ...["-verify_hostname", "localhost", "-verify_return_error"],
    ],
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  const output = text.decode(stdout) + text.decode(stderr);
  return /Verify return code: (.*)/.exec(output)?.[1] ?? output;
}

Deno.test("each kind of server certificate has the flaw that its name says", async () => {
  await using fixture = await startHub();
  const { cloud, hub } = fixture;
  const rows: [certificate: NonNullable<TlsSettings["certificate"]>, verdict: RegExp][] = [
    ["good", /^0 \(ok\)/],
    // OpenSSL falls back to the common name when there is no subjectAltName.
    ["cn-only", /^0 \(ok\)/],
    ["expired", /certificate has expired/],
    ["not-yet-valid", /not yet valid/],
    ["wrong-name", /hostname mismatch/i],
    ["unknown-ca", /unable to (get local issuer|verify)/],
  ];
  for (const [certificate, verdict] of rows) {
    const { port } = await hub.addListener({ certificate });
    assert.match(await openssl(port, cloud.caPath), verdict, certificate);
  }
});

Deno.test("a listener may offer one TLS version only", async () => {
  await using fixture = await startHub();
  const { cloud: { ca }, hub } = fixture;
  const old = await hub.addListener({ maxVersion: "1.2" });
  const recent = await hub.addListener({ minVersion: "1.3" });
  assert.equal(await handshake(hub.port, { ca }), "TLSv1.3");
  assert.equal(await handshake(hub.port, { ca, maxVersion: "TLSv1.2" }), "TLSv1.2");
  assert.equal(await handshake(old.port, { ca }), "TLSv1.2");
  assert.match(await handshake(old.port, { ca, minVersion: "TLSv1.3" }), /version/i);
  assert.equal(await handshake(recent.port, { ca }), "TLSv1.3");
  assert.match(await handshake(recent.port, { ca, maxVersion: "TLSv1.2" }), /version/i);
});

Deno.test("a listener may close or hang instead of shaking hands", async () => {
  await using fixture = await startHub();
  const { cloud: { ca }, hub } = fixture;
  const closing = await hub.addListener({ handshake: "close" });
  assert.match(await handshake(closing.port, { ca }), /closed|disconnected|reset|hang up|eof/i);
  const hanging = await hub.addListener({ handshake: "hang" });
  const waiting = handshake(hanging.port, { ca });
  const other = await fixture.call({ path: "/devices/press-07/modules" });
  assert.equal(other.status, 200);
  await hub.removeListener(hanging.port);
  assert.match(await waiting, /closed|disconnected|reset|hang up|eof/i);
});

Deno.test("a listener may ask for no client certificate or insist on one", async () => {
  const plant = await Authority.create("plant");
  const identity = await plant.issue({ commonName: "press-07", use: "client" });
  await using fixture = await startHub({ device: { auth: { ca: plant.pem } } });
  const { cloud, hub } = fixture;
  const as = async (port: number, who?: typeof identity) => {
    const call = { path: "/devices/press-07/modules", authorization: null, port };
    return (await fixture.call(who ? { ...call, identity: who } : call)).status;
  };
  const { port: none } = await hub.addListener({ clientCertificate: "none" });
  assert.equal(await as(none, identity), 401);
  assert.equal(cloud.log()[0]?.validity, "no credentials");
  const { port: strict } = await hub.addListener({
    clientCertificate: "require",
    clientCa: plant.pem,
  });
  assert.equal(await as(strict, identity), 200);
  await assert.rejects(as(strict), /certificate|closed|reset|hang up/i);
});

Deno.test("a token may name the hub by either of its ports", async () => {
  await using fixture = await startHub();
  const { hub, token } = fixture;
  const { port, host } = await hub.addListener();
  for (const hostName of [host, hub.hostName]) {
    const authorization = token({ resource: `${hostName}/devices/press-07` });
    const path = `/devices/press-07/modules${VERSION}`;
    assert.equal((await fixture.call({ path, port, authorization })).status, 200);
  }
  const authorization = token({ resource: `${host}/devices/press-07` });
  const { status } = await fixture.call({ path: "/devices/press-07/modules", authorization });
  assert.equal(status, 401);
});

Deno.test("settings that do not go together are refused", async () => {
  await using fixture = await startHub();
  const rows: TlsSettings[] = [
    { minVersion: "1.3", maxVersion: "1.2" },
    { clientCertificate: "require" },
    { clientCa: "x" },
  ];
  for (const settings of rows) {
    await assert.rejects(fixture.hub.addListener(settings), RangeError, JSON.stringify(settings));
  }
});
