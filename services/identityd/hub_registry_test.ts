// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { CloudError } from "./cloud_errors.ts";
import type { CloudAnswer, Transport } from "./cloud_request.ts";
import { modulesUrl, RestHubRegistry } from "./hub_registry.ts";
import { TestClock } from "./test_clock.ts";
import { DEVICE } from "./test_hub.ts";
import { EXAMPLE_KEY, TestKeys } from "./test_keys.ts";
import { testLog } from "./test_log.ts";

const KEYS = { primary: new Uint8Array(32), secondary: new Uint8Array(32).fill(255) };

interface Sent {
  request: string;
  headers: Record<string, string>;
  body: string;
}

/** A registry whose hub answers everything with one answer. */
function registry(status: number, body: unknown, headers: Record<string, string> = {}) {
  const sent: Sent[] = [];
  const clock = new TestClock(1_893_456_000_000 - 300_000);
  const { log, lines } = testLog();
  const transport: Transport = {
    request({ method, url, headers, body: content }) {
      sent.push({
        request: `${method} ${url}`,
        headers,
        body: new TextDecoder().decode(content),
      });
      return Promise.resolve<CloudAnswer>(answer);
    },
  };
  const answer: CloudAnswer = {
    status,
    headers: new Headers({ "content-type": "application/json; charset=utf-8", ...headers }),
    body: new TextEncoder().encode(body === undefined ? "" : JSON.stringify(body)),
  };
  const keys = new TestKeys({ "device-id": EXAMPLE_KEY });
  const hub = new RestHubRegistry(keys, { timeout: 70_000, retries: 1 }, {
    transport,
    clock,
    log,
    stopping: new AbortController().signal,
    cut: new AbortController().signal,
  });
  return { hub, sent, lines, keys };
}

const MODULE = { moduleId: "telemetry", deviceId: "press-07", generationId: "17" };
const URL = "https://contoso-hub.example.net/devices/press-07/modules";
const QUERY = "?api-version=2017-11-08-preview";
const AUTHORIZATION = { authorization: expectedToken() };

function expectedToken(): RegExp {
  return /^SharedAccessSignature sr=contoso-hub\.example\.net\/devices\/press-07&sig=[^&]+&se=1893456000$/;
}

function assertSent(sent: Sent[], request: string, headers: Record<string, string>, body: string) {
  assert.equal(sent.length, 1);
  const [only] = sent;
  assert.equal(only?.request, request);
  assert.equal(only?.body, body);
  const { authorization = "", ...others } = only?.headers ?? {};
  assert.match(authorization, AUTHORIZATION.authorization);
  assert.deepEqual(others, headers);
}

Deno.test("a module is created without If-Match and without keys", async () => {
  const { hub, sent, keys } = registry(200, { ...MODULE, managedBy: null, etag: "AA==" });
  assert.deepEqual(await hub.create(DEVICE, "telemetry"), MODULE);
  assertSent(
    sent,
    `PUT ${URL}/telemetry${QUERY}`,
    { "content-type": "application/json" },
    '{"moduleId":"telemetry","deviceId":"press-07"}',
  );
  assert.deepEqual(keys.calls, ["load device-id", "sign key:device-id"]);
});

Deno.test("a module is updated unconditionally and with both keys", async () => {
  const { hub, sent } = registry(200, MODULE);
  assert.deepEqual(await hub.update(DEVICE, "telemetry", KEYS), MODULE);
  assertSent(
    sent,
    `PUT ${URL}/telemetry${QUERY}`,
    { "content-type": "application/json", "if-match": "*" },
    '{"moduleId":"telemetry","deviceId":"press-07","authentication":{"symmetricKey":{' +
      '"primaryKey":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",' +
      '"secondaryKey":"//////////////////////////////////////////8="},"type":"sas"}}',
  );
});

Deno.test("a module is read and removed without a body", async () => {
  const agent = { ...MODULE, moduleId: "$edgeAgent" };
  const read = registry(200, agent);
  assert.deepEqual(await read.hub.get(DEVICE, "$edgeAgent"), agent);
  assertSent(read.sent, `GET ${URL}/$edgeAgent${QUERY}`, {}, "");

  const removed = registry(204, undefined);
  await removed.hub.remove(DEVICE, "telemetry");
  assertSent(removed.sent, `DELETE ${URL}/telemetry${QUERY}`, { "if-match": "*" }, "");
});

Deno.test("a list skips what is no module and ignores authentication", async () => {
  const { hub, sent, lines } = registry(200, [
    { ...MODULE, authentication: { type: "selfSigned", extra: {} } },
    { moduleId: "half" },
    null,
    { ...MODULE, moduleId: "$edgeHub", managedBy: "IotEdge" },
  ]);
  assert.deepEqual(await hub.list(DEVICE), [
    MODULE,
    { ...MODULE, moduleId: "$edgeHub", managedBy: "IotEdge" },
  ]);
  assertSent(sent, `GET ${URL}${QUERY}`, {}, "");
  assert.equal(lines.length, 2);
});

Deno.test("a list that is none, and a module that is none, make no sense", async () => {
  await assert.rejects(registry(200, {}).hub.list(DEVICE), { failure: "invalid" });
  await assert.rejects(registry(200, []).hub.get(DEVICE, "m"), { failure: "invalid" });
});

Deno.test("an answer about another module or another device is refused, its case included", async () => {
  const rows: [answer: object, message: string][] = [
    [{ ...MODULE, moduleId: "other" }, "the answer is about another module"],
    [{ ...MODULE, moduleId: "Telemetry" }, "the answer is about another module"],
    [{ ...MODULE, deviceId: "press-08" }, "the answer is about another device"],
    [{ ...MODULE, deviceId: "Press-07" }, "the answer is about another device"],
  ];
  for (const [answer, message] of rows) {
    const refused = { failure: "invalid", message, status: 200 };
    await assert.rejects(registry(200, answer).hub.get(DEVICE, "telemetry"), refused);
    await assert.rejects(registry(200, answer).hub.create(DEVICE, "telemetry"), refused);
    await assert.rejects(registry(200, answer).hub.update(DEVICE, "telemetry", KEYS), refused);
  }
  const { hub, lines } = registry(200, [{ ...MODULE, deviceId: "press-08" }, MODULE]);
  assert.deepEqual(await hub.list(DEVICE), [MODULE]);
  assert.deepEqual(lines, ["WARN the hub has listed a module of another device; it is skipped"]);
});

Deno.test("requests go to the gateway, tokens name the hub", async () => {
  const { hub, sent } = registry(200, { moduleId: "a=b%c", deviceId: "Press=07%" });
  const device = { ...DEVICE, gateway: "Parent.example.org:8443", deviceId: "Press=07%" };
  await hub.get(device, "a=b%c");
  assert.equal(
    sent[0]?.request,
    "GET https://Parent.example.org:8443/devices/Press%3D07%25/modules/a%3Db%25c" + QUERY,
  );
  assert.match(
    sent[0]?.headers.authorization ?? "",
    /sr=contoso-hub\.example\.net\/devices\/press%3D07%25&/,
  );
});

Deno.test("the URL of an id without special characters is the id itself", () => {
  assert.equal(
    modulesUrl(DEVICE, "a:b.c+d_e*f!(g),h@i;$j'"),
    `${URL}/a:b.c+d_e*f!(g),h@i;$j'${QUERY}`,
  );
});

Deno.test("a refused token and a clock that differs are put together in the log", async () => {
  const rows: [date: string, line: string | undefined][] = [
    [
      "Mon, 31 Dec 2029 23:00:00 GMT",
      "WARN the hub has refused a token, and this machine's clock is 3300 seconds ahead of the " +
      "hub's: check the time",
    ],
    [
      "Tue, 01 Jan 2030 00:55:00 GMT",
      "WARN the hub has refused a token, and this machine's clock is 3600 seconds behind the " +
      "hub's: check the time",
    ],
    ["Mon, 31 Dec 2029 23:55:30 GMT", undefined],
    ["yesterday", undefined],
  ];
  for (const [date, line] of rows) {
    const { hub, lines } = registry(401, undefined, { date });
    await assert.rejects(hub.list(DEVICE), { status: 401 });
    assert.deepEqual(lines, line === undefined ? [] : [line]);
  }
});

Deno.test("a removal that must not take long has one attempt", async () => {
  const { hub, sent } = registry(503, undefined);
  await assert.rejects(hub.remove(DEVICE, "m", { once: true }), CloudError);
  assert.equal(sent.length, 1);
});

Deno.test("a device whose key is not there is told so", async () => {
  const { hub, sent } = registry(200, []);
  const device = { ...DEVICE, credentials: { method: "sas", keyId: "other" } } as const;
  await assert.rejects(hub.list(device), {
    failure: "rejected",
    message: "a parameter has an invalid value",
  });
  assert.equal(sent.length, 0);
});
