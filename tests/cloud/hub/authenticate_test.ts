// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { Authority } from "../authority.ts";
import { X509Certificate } from "node:crypto";
import { thumbprints } from "../client_certificate.ts";
import { errorCode, type HubCall, startHub, VERSION } from "./hub_fixture.ts";

const NOW = () => Math.floor(Date.now() / 1000);
const LIST = { path: "/devices/press-07/modules" };

Deno.test("a token of either key opens the device's modules", async () => {
  await using fixture = await startHub();
  const { device, call, token } = fixture;
  if (device.credentials.type !== "sas") throw new Error("not a device with keys");
  const { primaryKey, secondaryKey } = device.credentials;
  for (const key of [primaryKey, secondaryKey]) {
    const { status, body } = await call({ ...LIST, authorization: token({ key }) });
    assert.deepEqual([status, body], [200, []]);
  }
  assert.deepEqual(fixture.cloud.log().map(({ validity }) => validity), ["valid", "valid"]);
});

Deno.test("a bad token is refused with 401, and only the request log says why", async () => {
  await using fixture = await startHub();
  const { cloud, hub, call, token } = fixture;
  const other = hub.addDevice("press-08");
  if (other.credentials.type !== "sas") throw new Error("not a device with keys");
  const { primaryKey: foreign } = other.credentials;
  const second = await cloud.addHub("second");
  const resource = `${hub.hostName}/devices/press-07`;

  const rows: [validity: string, authorization: HubCall["authorization"]][] = [
    ["no credentials", null],
    ["malformed token", "Basic cHJlc3MtMDc6eA=="],
    ["malformed token", ""],
    ["malformed token", token().replace(/sig=[^&]*/, "sig=AAAA")],
    ["malformed token", token().replace(/&se=.*/, "")],
    ["malformed token", [token(), token()]],
    ["unknown policy", token({ skn: "device" })],
    ["expired", token({ expiry: NOW() - 1 })],
    ["expires more than a year ahead", token({ expiry: NOW() + 367 * 24 * 3600 })],
    ["wrong audience", token({ resource: `${second.hostName}/devices/press-07` })],
    ["wrong audience", token({ resource: `${hub.hostName}/devices/press-08` })],
    ["wrong audience", token({ resource: `${hub.hostName}/devices/press-0` })],
    ["wrong audience", token({ resource: `${resource}/modules/m` })],
    ["wrong audience", token({ resource: "localhost/devices/press-07" })],
    ["wrong signature", token({ key: foreign })],
    ["wrong signature", token().replace(/se=\d+/, `se=${NOW() + 60}`)],
  ];
  for (const [validity, authorization = null] of rows) {
    const { status, headers, body } = await call({ ...LIST, authorization });
    assert.equal(status, 401, validity);
    assert.equal(errorCode(body), "IotHubUnauthorizedAccess");
    assert.equal(headers["content-type"], "application/json; charset=utf-8");
    assert.doesNotMatch(JSON.stringify(body), /expired|audience|signature|policy/);
  }
  assert.deepEqual(
    cloud.log().map(({ validity }) => validity),
    rows.map(([validity]) => validity),
  );
});

Deno.test("an unknown, a foreign and a deleted device are refused with 401", async () => {
  await using fixture = await startHub();
  const { cloud, hub, call } = fixture;
  hub.addDevice("press-08");
  assert.equal((await call({ path: "/devices/press-08/modules" })).status, 401);
  assert.equal((await call({ path: "/devices/press-09/modules" })).status, 401);
  assert.equal((await call({ path: "/devices/Press-07/modules" })).status, 401);
  assert.equal((await call(LIST)).status, 200);
  assert.equal(hub.removeDevice("press-07"), true);
  assert.equal((await call(LIST)).status, 401);
  hub.addDevice("press-07");
  assert.equal((await call({ ...LIST, authorization: fixture.token() })).status, 401);
  assert.deepEqual(cloud.log().map(({ validity }) => validity), [
    "wrong audience",
    "unknown device",
    "unknown device",
    "valid",
    "unknown device",
    "wrong signature",
  ]);
});

Deno.test("a disabled device is refused with 403 until it is enabled again", async () => {
  await using fixture = await startHub();
  const { hub, call } = fixture;
  hub.putDevice("press-07", { status: "disabled" });
  const { status, body } = await call(LIST);
  assert.deepEqual([status, errorCode(body)], [403, "DeviceDisabled"]);
  assert.equal((await call({ ...LIST, authorization: null })).status, 401);
  hub.putDevice("press-07", { status: "enabled" });
  assert.equal((await call(LIST)).status, 200);
});

Deno.test("an expired token passes for five minutes when the hub is not strict", async () => {
  await using fixture = await startHub({ settings: { strict: false } });
  const { call, token } = fixture;
  const at = async (expiry: number) =>
    (await call({ ...LIST, authorization: token({ expiry }) })).status;
  assert.equal(await at(NOW() - 290), 200);
  assert.equal(await at(NOW() - 310), 401);
});

Deno.test("tokens are judged by the cloud's clock", async () => {
  await using fixture = await startHub();
  const { cloud, call } = fixture;
  cloud.clock.offsetSeconds = 3600;
  const { status, headers } = await call(LIST);
  assert.equal(status, 401);
  const ahead = new Date(String(headers.date)).getTime() - Date.now();
  assert.ok(ahead > 3_590_000 && ahead < 3_610_000, `${ahead} ms`);
});

Deno.test("a module's key opens its messages and nothing else", async () => {
  await using fixture = await startHub();
  const { hub, device, call, token } = fixture;
  await call({
    method: "PUT",
    path: "/devices/press-07/modules/m",
    body: {
      moduleId: "m",
      deviceId: "press-07",
    },
  });
  const module = device.modules.get("m");
  if (module?.credentials.type !== "sas") throw new Error("not a module with keys");
  const authorization = token({
    resource: `${hub.hostName}/devices/press-07/modules/m`,
    key: module.credentials.primaryKey,
  });
  const send = (path: string, by: string = authorization) =>
    call({
      method: "POST",
      path: `${path}?api-version=2020-09-30`,
      body: "21.5",
      authorization: by,
    });

  assert.equal((await send("/devices/press-07/modules/m/messages/events")).status, 204);
  assert.equal((await send("/devices/press-07/messages/events", token())).status, 204);
  const refused = [
    await send("/devices/press-07/modules/m/messages/events", token()),
    await send("/devices/press-07/modules/n/messages/events"),
    await send("/devices/press-07/messages/events"),
    await call({ path: "/devices/press-07/modules/m", authorization }),
  ];
  assert.deepEqual(refused.map(({ status }) => status), [401, 401, 401, 401]);
});

Deno.test("an X.509 device is known by its thumbprint", async () => {
  const root = await Authority.create("anybody");
  const identity = await root.issue({ commonName: "any name", use: "client" });
  const stranger = await root.issue({ commonName: "any name", use: "client" });
  const { sha1, sha256 } = thumbprints(new X509Certificate(identity.cert));
  for (const thumbprint of [sha1, sha256.toUpperCase()]) {
    await using fixture = await startHub({ device: { auth: { thumbprints: [thumbprint] } } });
    const { cloud, call } = fixture;
    const as = async (who?: typeof identity) =>
      (await call({ ...LIST, authorization: null, ...(who && { identity: who }) })).status;
    assert.deepEqual([await as(identity), await as(stranger), await as()], [200, 401, 401]);
    const [entry] = cloud.log();
    assert.equal(entry?.clientCertificate?.sha1, sha1);
    assert.equal(entry?.clientCertificate?.sha256, sha256);
    assert.deepEqual(cloud.log().map(({ validity }) => validity), [
      "valid",
      "unknown thumbprint",
      "no credentials",
    ]);
  }
});

Deno.test("an X.509 device is known by its CA and its common name", async () => {
  const root = await Authority.create("plant root");
  const issuing = await root.subordinate("plant issuing");
  const foreign = await Authority.create("plant root");
  await using fixture = await startHub({ device: { auth: { ca: root.pem } } });
  const { cloud, call } = fixture;
  const expired = {
    notBefore: new Date(Date.now() - 20_000),
    notAfter: new Date(Date.now() - 10_000),
  };
  const rows: [validity: string, identity: { cert: string; key: string }][] = [
    ["valid", await root.issue({ commonName: "press-07", use: "client" })],
    ["valid", await issuing.issue({ commonName: "press-07", use: "client" })],
    ["wrong common name", await root.issue({ commonName: "press-08", use: "client" })],
    ["untrusted issuer", await foreign.issue({ commonName: "press-07", use: "client" })],
    [
      "client certificate expired or not yet valid",
      await root.issue({ commonName: "press-07", use: "client", ...expired }),
    ],
  ];
  for (const [validity, identity] of rows) {
    const { status } = await call({ ...LIST, authorization: null, identity });
    assert.equal(status, validity === "valid" ? 200 : 401, validity);
  }
  assert.deepEqual(
    cloud.log().map(({ validity }) => validity),
    rows.map(([validity]) => validity),
  );
  assert.deepEqual(cloud.log().map(({ clientCertificate }) => clientCertificate?.chain.length), [
    1,
    2,
    1,
    1,
    1,
  ]);
});

Deno.test("a certificate does not replace a token, nor a token a certificate", async () => {
  const root = await Authority.create("root");
  const identity = await root.issue({ commonName: "press-07", use: "client" });
  await using keys = await startHub();
  assert.equal((await keys.call({ ...LIST, authorization: null, identity })).status, 401);
  await using certificate = await startHub({ device: { auth: { ca: root.pem } } });
  const authorization = certificate.token({ key: new Uint8Array(32) });
  assert.equal((await certificate.call({ ...LIST, authorization })).status, 401);
});

Deno.test("both kinds of credentials in one request are refused with 400", async () => {
  const root = await Authority.create("root");
  const identity = await root.issue({ commonName: "press-07", use: "client" });
  await using fixture = await startHub();
  const { cloud, hub, call } = fixture;
  assert.equal((await call({ ...LIST, identity })).status, 400);
  assert.equal(cloud.log()[0]?.validity, "mixed credentials");
  hub.strict = false;
  assert.equal((await call({ path: `/devices/press-07/modules${VERSION}`, identity })).status, 200);
});
