// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { connect } from "node:tls";
import { startCloud } from "./cloud.ts";
import { startHub, VERSION } from "./hub/hub_fixture.ts";
import { httpsRequest } from "./https_request.ts";

/** Writes bytes over TLS as they are and answers with everything that comes back. */
function exchangeRaw(port: number, ca: string, bytes: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = "";
  const socket = connect({ host: "localhost", port, ca }, () => socket.write(bytes));
  socket.setEncoding("utf-8");
  socket.on("data", (chunk: string) => text += chunk);
  socket.on("error", reject);
  socket.on("close", () => resolve(text));
  return promise;
}

Deno.test("the log holds the exact headers, without the token", async () => {
  await using fixture = await startHub();
  const { cloud, hub, token } = fixture;
  const authorization = token();
  const answer = await exchangeRaw(
    hub.port,
    cloud.ca,
    `PUT /devices/press-07/modules/m${VERSION} HTTP/1.1\r\n` +
      `content-type: application/json\r\nAuthorization: ${authorization}\r\n` +
      `If-Match: *\r\nhost: ${hub.hostName}\r\nX-Odd:\r\nconnection: close\r\n` +
      `content-length: 41\r\n\r\n{"moduleId":"m","deviceId":"press-07"}   `,
  );
  assert.match(answer, /^HTTP\/1\.1 404 /);
  const [entry] = cloud.log();
  assert.ok(entry);
  assert.deepEqual(entry.headers, [
    ["content-type", "application/json"],
    ["Authorization", "SharedAccessSignature"],
    ["If-Match", "*"],
    ["host", hub.hostName],
    ["X-Odd", ""],
    ["connection", "close"],
    ["content-length", "41"],
  ]);
  const { sr, se, skn, fingerprint } = entry.authorization ?? {};
  assert.equal(decodeURIComponent(sr ?? ""), `${hub.hostName}/devices/press-07`);
  assert.match(authorization, new RegExp(`se=${se}$`));
  assert.deepEqual([skn, fingerprint?.length], [undefined, 16]);
  assert.deepEqual(
    [entry.surface, entry.instance, entry.method, entry.path, entry.query, entry.validity],
    ["hub", "hub", "PUT", "/devices/press-07/modules/m", VERSION.slice(1), "valid"],
  );
  assert.equal(entry.body, `{"moduleId":"m","deviceId":"press-07"}   `);
  assert.equal(entry.answer?.status, 404);
  assert.match(entry.answer?.body ?? "", /ModuleNotFound/);
  const signature = /sig=([^&]+)/.exec(authorization)?.[1] ?? "";
  const text = JSON.stringify(entry);
  assert.ok(!text.includes(signature) && !text.includes(decodeURIComponent(signature)));
});

Deno.test("a target in absolute form is that of its path", async () => {
  await using fixture = await startHub();
  const { cloud, hub, call } = fixture;
  const path = `https://${hub.hostName}/devices/press-07/modules${VERSION}`;
  assert.equal((await call({ path })).status, 200);
  assert.equal(cloud.log()[0]?.path, "/devices/press-07/modules");
});

Deno.test("a secret in another kind of authorization is not logged", async () => {
  await using fixture = await startHub();
  const { cloud, call } = fixture;
  for (const authorization of ["Basic c2VjcmV0", "c2VjcmV0"]) {
    const headers = { "proxy-authorization": authorization };
    await call({ path: "/devices/press-07/modules", authorization, headers });
  }
  assert.doesNotMatch(JSON.stringify(cloud.log()), /c2VjcmV0/);
});

Deno.test("a body over the limit is answered with 413", async () => {
  await using fixture = await startHub();
  const { cloud, hub } = fixture;
  const headers = `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${2 * 1024 * 1024}\r\n\r\n`;
  const answer = await exchangeRaw(hub.port, cloud.ca, headers + "x".repeat(1024 * 1024 + 1));
  assert.match(answer, /^HTTP\/1\.1 413 /);
  assert.equal(cloud.log()[0]?.answer?.status, 413);
});

Deno.test("a client that leaves in the middle of its body hurts nobody", async () => {
  await using fixture = await startHub();
  const { cloud, hub, call } = fixture;
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = connect({ host: "localhost", port: hub.port, ca: cloud.ca }, () => {
    socket.write("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc", () => {
      socket.destroy();
    });
  });
  socket.on("close", () => resolve());
  await promise;
  assert.equal((await call({ path: "/devices/press-07/modules" })).status, 200);
});

Deno.test("bytes that are no TLS or no HTTP hurt nobody", async () => {
  await using fixture = await startHub();
  const { cloud, hub, call } = fixture;
  const plain = await Deno.connect({ hostname: "127.0.0.1", port: hub.port });
  await plain.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
  plain.close();
  await exchangeRaw(hub.port, cloud.ca, "nonsense\r\n\r\n").catch(() => {});
  assert.equal((await call({ path: "/devices/press-07/modules" })).status, 200);
});

Deno.test("a listener closes although clients keep their connections", async () => {
  const dir = await Deno.makeTempDir();
  const cloud = await startCloud({ dir });
  const hub = await cloud.addHub("hub");
  // One that has shaken hands and sent nothing, and one that has not even begun.
  const idle = connect({ host: "localhost", port: hub.port, ca: cloud.ca });
  const silent = await Deno.connect({ hostname: "127.0.0.1", port: hub.port });
  const { promise: gone, resolve: ended } = Promise.withResolvers<void>();
  idle.on("error", () => {});
  idle.on("close", () => ended());
  await new Promise<void>((resolve) => idle.on("secureConnect", () => resolve()));
  await cloud.close();
  await gone;
  const rest = await silent.read(new Uint8Array(1)).catch(() => null);
  silent.close();
  assert.equal(rest, null);
  await assert.rejects(httpsRequest({ port: hub.port, ca: cloud.ca, target: "/" }), /ECONNREFUSED/);
  await Deno.remove(dir, { recursive: true });
});
