// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { decodeBase64 } from "../base64.ts";
import { errorCode, type HubFixture, moduleBody, startHub } from "./hub_fixture.ts";

const MODULES = "/devices/press-07/modules";
const KEYS = {
  primaryKey: "cj0PfbLbVaOQGaKdBVsQENNoUSJLLi4pQIfAI+M4G8Y=",
  secondaryKey: "2OQ/XIBFtsAHNbKr3CYtsUrKlXxgblKie54r4T+4Bs8=",
};

/** A module's record, as far as the tests read it. */
interface ModuleRecord {
  moduleId: string;
  managedBy: string | null;
  generationId: string;
  etag: string;
  authentication: { symmetricKey: typeof KEYS; type: string };
}

function put(
  fixture: HubFixture,
  id: string,
  ifMatch?: string,
  more: Record<string, unknown> = {},
) {
  return fixture.call({
    method: "PUT",
    path: `${MODULES}/${id}`,
    body: moduleBody(id, more),
    headers: ifMatch === undefined ? {} : { "if-match": ifMatch },
  });
}

async function create(fixture: HubFixture, id: string): Promise<ModuleRecord> {
  const { status, body } = await put(fixture, id);
  assert.equal(status, 200);
  return body as ModuleRecord;
}

function remove(fixture: HubFixture, id: string, ifMatch?: string) {
  return fixture.call({
    method: "DELETE",
    path: `${MODULES}/${id}`,
    headers: ifMatch === undefined ? {} : { "if-match": ifMatch },
  });
}

Deno.test("a create makes keys, a generation id in ticks and an etag", async () => {
  await using fixture = await startHub();
  const { status, headers, body } = await put(fixture, "telemetry");
  const record = body as ModuleRecord;
  assert.equal(status, 200);
  assert.deepEqual(body, {
    moduleId: "telemetry",
    managedBy: null,
    deviceId: "press-07",
    generationId: record.generationId,
    etag: record.etag,
    connectionState: "Disconnected",
    connectionStateUpdatedTime: "0001-01-01T00:00:00",
    lastActivityTime: "0001-01-01T00:00:00",
    cloudToDeviceMessageCount: 0,
    authentication: {
      symmetricKey: record.authentication.symmetricKey,
      x509Thumbprint: { primaryThumbprint: null, secondaryThumbprint: null },
      type: "sas",
    },
  });
  assert.match(record.generationId, /^\d{18}$/);
  assert.equal(headers.etag, `"${record.etag}"`);
  const { primaryKey, secondaryKey } = record.authentication.symmetricKey;
  assert.notEqual(primaryKey, secondaryKey);
  assert.equal(decodeBase64(primaryKey)?.length, 32);
  assert.deepEqual((await fixture.call({ path: `${MODULES}/telemetry` })).body, body);
  assert.deepEqual((await fixture.call({ path: MODULES })).body, [body]);
});

Deno.test("a create may bring its own keys and its manager", async () => {
  await using fixture = await startHub();
  const { body } = await put(fixture, "m", undefined, {
    managedBy: "iotEdge",
    authentication: { symmetricKey: KEYS, type: "sas" },
  });
  const record = body as ModuleRecord;
  assert.deepEqual(record.authentication.symmetricKey, KEYS);
  assert.equal(record.managedBy, "iotEdge");
});

Deno.test("an update with the star sets the keys and keeps the generation id", async () => {
  await using fixture = await startHub();
  const created = await create(fixture, "m");
  const { status, body } = await put(fixture, "m", "*", {
    authentication: { symmetricKey: KEYS, type: "sas" },
  });
  const updated = body as ModuleRecord;
  assert.equal(status, 200);
  assert.deepEqual(updated.authentication.symmetricKey, KEYS);
  assert.equal(updated.generationId, created.generationId);
  assert.notEqual(updated.etag, created.etag);
});

Deno.test("an update without authentication keeps the keys", async () => {
  await using fixture = await startHub();
  const created = await create(fixture, "m");
  const { body } = await put(fixture, "m", "*", { managedBy: "me" });
  assert.deepEqual((body as ModuleRecord).authentication, created.authentication);
  assert.equal((body as ModuleRecord).managedBy, "me");
});

Deno.test("an update and a delete pass with the current etag only", async () => {
  await using fixture = await startHub();
  const stale = (await create(fixture, "m")).etag;
  const current = ((await put(fixture, "m", "*")).body as ModuleRecord).etag;
  for (const tag of [`"${stale}"`, current, '"*"', `${current}"`, '""']) {
    const { status, body } = await put(fixture, "m", tag);
    assert.deepEqual([status, errorCode(body)], [412, "PreconditionFailed"], tag);
    assert.equal((await remove(fixture, "m", tag)).status, 412, tag);
  }
  assert.equal((await put(fixture, "m", `"${stale}", W/"${current}"`)).status, 200);
  const last = ((await put(fixture, "m", "*")).body as ModuleRecord).etag;
  assert.equal((await remove(fixture, "m", `"${last}"`)).status, 204);
});

Deno.test("a create of an existing module is refused with 409 and changes nothing", async () => {
  await using fixture = await startHub();
  const created = await create(fixture, "m");
  const { status, body } = await put(fixture, "m");
  assert.deepEqual([status, errorCode(body)], [409, "ModuleAlreadyExistsOnDevice"]);
  assert.deepEqual((await fixture.call({ path: `${MODULES}/m` })).body, created);
});

Deno.test("a missing module is 404 for get, update and delete", async () => {
  await using fixture = await startHub();
  await create(fixture, "m");
  const answers = [
    await fixture.call({ path: `${MODULES}/M` }),
    await put(fixture, "M", "*"),
    await remove(fixture, "M", "*"),
    await remove(fixture, "M"),
  ];
  for (const { status, body } of answers) {
    assert.deepEqual([status, errorCode(body)], [404, "ModuleNotFound"]);
  }
});

Deno.test("a delete answers 204 without a body and the module is gone", async () => {
  await using fixture = await startHub();
  const { generationId } = await create(fixture, "m");
  const { status, headers, body } = await remove(fixture, "m", "*");
  assert.deepEqual([status, body, headers["content-type"]], [204, undefined, undefined]);
  assert.deepEqual((await fixture.call({ path: MODULES })).body, []);
  const again = await create(fixture, "m");
  assert.ok(BigInt(again.generationId) > BigInt(generationId));
});

Deno.test("a delete without if-match passes only when the hub is not strict", async () => {
  await using fixture = await startHub();
  await create(fixture, "m");
  assert.equal((await remove(fixture, "m")).status, 412);
  fixture.hub.strict = false;
  assert.equal((await remove(fixture, "m")).status, 204);
});

Deno.test("the fifty-first module is refused with 413, and a delete makes room", async () => {
  await using fixture = await startHub();
  const ids = Array.from({ length: 50 }, (_, at) => `m${at}`);
  for (const id of ids) await create(fixture, id);
  const { status, body } = await put(fixture, "one-more");
  assert.deepEqual([status, errorCode(body)], [413, "TooManyModulesOnDevice"]);
  const list = (await fixture.call({ path: MODULES })).body as ModuleRecord[];
  assert.deepEqual(list.map(({ moduleId }) => moduleId), ids);
  assert.equal(new Set(list.map(({ generationId }) => generationId)).size, 50);
  assert.equal((await put(fixture, "m7", "*")).status, 200);
  await remove(fixture, "m7", "*");
  await create(fixture, "one-more");
  fixture.hub.maxModules = 51;
  await create(fixture, "two-more");
});

Deno.test("a body that is not the module of the URL is refused with 400", async () => {
  await using fixture = await startHub();
  const path = `${MODULES}/m`;
  const json = { "content-type": "application/json" };
  const good = moduleBody("m");
  const withKeys = (symmetricKey: unknown) =>
    moduleBody("m", { authentication: { symmetricKey, type: "sas" } });
  const { primaryKey, secondaryKey } = KEYS;
  const rows: [what: string, call: { headers?: Record<string, string>; body?: unknown }][] = [
    ["no content type", { body: JSON.stringify(good) }],
    ["another content type", { headers: { "content-type": "text/plain" }, body: good }],
    ["a content type that only begins alike", {
      headers: { "content-type": "application/jsonx" },
      body: good,
    }],
    ["no body", { headers: json }],
    ["not JSON", { headers: json, body: "{" }],
    ["a list", { body: [good] }],
    ["null", { headers: json, body: "null" }],
    ["no ids", { body: {} }],
    ["no device id", { body: { moduleId: "m" } }],
    ["another module", { body: moduleBody("n") }],
    ["the module in another case", { body: moduleBody("M") }],
    ["another device", { body: { moduleId: "m", deviceId: "press-08" } }],
    ["a module id that is no text", { body: { moduleId: 7, deviceId: "press-07" } }],
    ["a manager that is no text", { body: moduleBody("m", { managedBy: 7 }) }],
    ["authentication that is no object", { body: moduleBody("m", { authentication: "sas" }) }],
    ["an unknown type", { body: moduleBody("m", { authentication: { type: "password" } }) }],
    ["one key", { body: withKeys({ primaryKey }) }],
    ["one key and null", { body: withKeys({ primaryKey: null, secondaryKey }) }],
    ["one key and nothing", { body: withKeys({ primaryKey, secondaryKey: "" }) }],
    ["a key that is not base64", { body: withKeys({ primaryKey: "~", secondaryKey }) }],
    ["a key of 15 bytes", { body: withKeys({ primaryKey: btoa("x".repeat(15)), secondaryKey }) }],
    ["a key of 65 bytes", { body: withKeys({ primaryKey: btoa("x".repeat(65)), secondaryKey }) }],
    ["no thumbprint", { body: moduleBody("m", { authentication: { type: "x509" } }) }],
    ["a thumbprint of 5 digits", {
      body: moduleBody("m", {
        authentication: { type: "x509", x509Thumbprint: { primaryThumbprint: "12345" } },
      }),
    }],
  ];
  for (const [what, call] of rows) {
    const { status, body } = await fixture.call({ method: "PUT", path, ...call });
    assert.deepEqual([status, errorCode(body)], [400, "ArgumentInvalid"], what);
  }
  assert.equal(fixture.device.modules.size, 0);
});

Deno.test("an error in a body names the member", async () => {
  await using fixture = await startHub();
  const body = moduleBody("m", { authentication: { symmetricKey: { primaryKey: 7 } } });
  const answer = await fixture.call({ method: "PUT", path: `${MODULES}/m`, body });
  assert.match(JSON.stringify(answer.body), /authentication\.symmetricKey\.primaryKey: /);
});

Deno.test("members that only the hub sets are ignored in a body", async () => {
  await using fixture = await startHub();
  const created = await create(fixture, "m");
  const { status, body } = await put(fixture, "m", "*", {
    generationId: "1",
    etag: "x",
    connectionState: "Connected",
    extra: { nested: null },
  });
  const { generationId } = body as ModuleRecord;
  assert.deepEqual([status, generationId], [200, created.generationId]);
});

Deno.test("keys of 16 and of 64 bytes and other kinds of modules are taken", async () => {
  await using fixture = await startHub();
  const [short, long] = [btoa("x".repeat(16)), btoa("x".repeat(64))];
  const keys = { primaryKey: short, secondaryKey: long };
  const thumbprint = "AB".repeat(20);
  const rows: [id: string, authentication: unknown, stored: unknown][] = [
    ["keys", { type: "sas", symmetricKey: keys }, { symmetricKey: keys, type: "sas" }],
    ["untyped", { symmetricKey: keys }, { symmetricKey: keys, type: "sas" }],
    ["none", { type: "none" }, { type: "none" }],
    ["x509", { type: "x509", x509Thumbprint: { primaryThumbprint: thumbprint } }, {
      x509Thumbprint: { primaryThumbprint: thumbprint.toLowerCase(), secondaryThumbprint: null },
      type: "selfSigned",
    }],
  ];
  for (const [id, authentication, stored] of rows) {
    const { status, body } = await put(fixture, id, undefined, { authentication });
    assert.equal(status, 200, id);
    const noKeys = { symmetricKey: { primaryKey: null, secondaryKey: null } };
    const noThumbprints = {
      x509Thumbprint: { primaryThumbprint: null, secondaryThumbprint: null },
    };
    assert.deepEqual((body as ModuleRecord).authentication, {
      ...noKeys,
      ...noThumbprints,
      ...(stored as object),
    });
  }
});
