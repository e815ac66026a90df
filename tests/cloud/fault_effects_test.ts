// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { connect } from "node:tls";
import type { Fault, StatusFault } from "./faults.ts";
import { errorCode, type HubFixture, moduleBody, startHub, VERSION } from "./hub/hub_fixture.ts";
import { httpsRequest } from "./https_request.ts";

const LIST = { path: "/devices/press-07/modules" };
const CREATE = { method: "PUT", path: "/devices/press-07/modules/m", body: moduleBody("m") };

/** The list call as it comes over the wire, with one fault in its way. */
function listWith(fixture: HubFixture, fault: Fault) {
  const { cloud, hub, token } = fixture;
  cloud.faults.add({ match: {}, fault, count: 1 });
  return httpsRequest({
    port: hub.port,
    ca: cloud.ca,
    target: LIST.path + VERSION,
    headers: { authorization: token() },
  });
}

Deno.test("a status fault answers with the body and the type that it orders", async () => {
  await using fixture = await startHub();
  const html = "<html>busy</html>";
  const rows: [fault: Omit<StatusFault, "kind">, type: string | undefined, body: string][] = [
    [{ status: 503, body: null }, undefined, ""],
    [{ status: 503, body: null, contentType: "text/plain" }, "text/plain", ""],
    [{ status: 502, body: html, contentType: "text/html" }, "text/html", html],
    [{ status: 400, body: "plain", contentType: null }, undefined, "plain"],
    [{ status: 500, body: "{" }, "application/json", "{"],
    [{ status: 500, body: { errorMessage: "x" } }, "application/json", '{"errorMessage":"x"}'],
    [{ status: 200, body: [] }, "application/json", "[]"],
    [{ status: 200, body: "" }, "application/json", ""],
    [{ status: 204 }, "application/json", ""],
  ];
  for (const [ordered, type, text] of rows) {
    const { status, headers, body } = await listWith(fixture, { kind: "status", ...ordered });
    const seen = [status, headers["content-type"], body];
    assert.deepEqual(seen, [ordered.status, type, text], JSON.stringify(ordered));
  }
});

Deno.test("a status fault without a body answers in the hub's own shape", async () => {
  await using fixture = await startHub();
  for (const status of [401, 403, 404, 409, 412, 429, 500, 502, 503, 504]) {
    const answer = await listWith(fixture, { kind: "status", status });
    assert.equal(answer.status, status);
    assert.match(errorCode(JSON.parse(answer.body)) ?? "", /^[A-Z]/);
  }
  const fault: Fault = { kind: "status", status: 504, networkError: true };
  assert.equal(JSON.parse((await listWith(fixture, fault)).body).networkError, true);
});

Deno.test("a status fault carries headers, a redirect for example", async () => {
  await using fixture = await startHub();
  const { status, headers } = await listWith(fixture, {
    kind: "status",
    status: 307,
    body: null,
    headers: { location: "https://other.example/", "retry-after": "3" },
  });
  assert.deepEqual(
    [status, headers.location, headers["retry-after"]],
    [307, "https://other.example/", "3"],
  );
});

Deno.test("a fault keeps the request from taking effect unless it says otherwise", async () => {
  await using fixture = await startHub();
  const { cloud, device, call } = fixture;
  const lost: Fault = { kind: "status", status: 500 };
  cloud.faults.add({ match: { method: "PUT" }, fault: lost, count: 1 });
  assert.equal((await call(CREATE)).status, 500);
  assert.equal(device.modules.size, 0);
  cloud.faults.add({ match: { method: "PUT" }, fault: { ...lost, perform: true }, count: 1 });
  assert.equal((await call(CREATE)).status, 500);
  assert.equal(device.modules.size, 1);
  const entries = cloud.log().map((
    { fault, validity, answer },
  ) => [fault, validity, answer?.status]);
  assert.deepEqual(entries, [["status", undefined, 500], ["status", "valid", 500]]);
});

Deno.test("a throttle says when to come back, in seconds, as a date, or not at all", async () => {
  await using fixture = await startHub();
  const { cloud } = fixture;
  cloud.clock.offsetSeconds = 86_400;
  const wait = async (fault: Omit<Extract<Fault, { kind: "throttle" }>, "kind">) => {
    const { status, headers, body } = await listWith(fixture, { kind: "throttle", ...fault });
    assert.deepEqual([status, errorCode(JSON.parse(body))], [429, "ThrottlingException"]);
    const seen = headers["retry-after"];
    return { seen, date: new Date(String(headers.date)).getTime() };
  };
  assert.equal((await wait({})).seen, undefined);
  assert.equal((await wait({ retryAfter: 7 })).seen, "7");
  assert.equal((await wait({ retryAfter: "soon" })).seen, "soon");
  const { seen, date } = await wait({ retryAfter: 60, asDate: true });
  const ahead = new Date(String(seen)).getTime() - date;
  // Both dates are cut to whole seconds.
  assert.ok(ahead >= 59_000 && ahead <= 61_000, `${seen}`);
});

Deno.test("a late answer is the right one, whether its head or its body is late", async () => {
  await using fixture = await startHub();
  await fixture.call(CREATE);
  for (const where of ["head", "body"] as const) {
    const start = performance.now();
    const answer = await listWith(fixture, { kind: "delay", seconds: 0.1, where });
    assert.ok(performance.now() - start >= 95, where);
    assert.equal(answer.status, 200);
    assert.equal(JSON.parse(answer.body).length, 1);
  }
});

Deno.test("a delay ends when the client leaves or the cloud closes", async () => {
  await using fixture = await startHub();
  const { cloud, hub, token } = fixture;
  cloud.faults.add({ match: {}, fault: { kind: "delay", seconds: 3600 } });
  const answers: Promise<string>[] = [];
  for (const leaves of [true, false]) {
    const head =
      `GET ${LIST.path}${VERSION} HTTP/1.1\r\nhost: x\r\nauthorization: ${token()}\r\n\r\n`;
    const socket = connect({ host: "localhost", port: hub.port, ca: cloud.ca }, () => {
      socket.write(head);
    });
    let text = "";
    socket.on("data", (chunk) => text += chunk);
    socket.on("error", () => {});
    answers.push(new Promise((resolve) => socket.on("close", () => resolve(text))));
    const before = cloud.log().length;
    while (cloud.log().length === before) await new Promise((resolve) => setTimeout(resolve, 2));
    if (leaves) socket.destroy();
  }
  await cloud.close();
  assert.deepEqual(await Promise.all(answers), ["", ""]);
});

Deno.test("a request that is never answered stands in the log without an answer", async () => {
  await using fixture = await startHub();
  const { cloud, device } = fixture;
  cloud.faults.add({ match: {}, fault: { kind: "drop", when: "never", perform: true }, count: 1 });
  const lost = assert.rejects(fixture.call(CREATE), /hang up|closed|reset/i);
  while (cloud.log().length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  assert.equal(device.modules.size, 1);
  const [entry] = cloud.log();
  assert.deepEqual([entry?.fault, entry?.validity, entry?.answer], ["drop", "valid", undefined]);
  await cloud.close();
  await lost;
});

Deno.test("a connection is cut before the answer or in the middle of its body", async () => {
  await using fixture = await startHub();
  const { cloud, call, device } = fixture;
  await assert.rejects(
    listWith(fixture, { kind: "drop", when: "before-answer" }),
    /hang up|closed|reset/i,
  );
  await assert.rejects(
    listWith(fixture, { kind: "drop", when: "half-body" }),
    /hang up|closed|reset|aborted/i,
  );
  assert.deepEqual(cloud.log().map(({ answer }) => answer?.status), [undefined, 200]);
  cloud.faults.add({ match: {}, fault: { kind: "drop", when: "before-answer" }, count: 1 });
  await assert.rejects(call(CREATE));
  assert.equal(device.modules.size, 0);
  assert.equal((await call(LIST)).status, 200);
});

Deno.test("a rewrite changes the records of the answer", async () => {
  await using fixture = await startHub();
  await fixture.call(CREATE);
  const { body } = await listWith(fixture, {
    kind: "rewrite",
    set: { trustBundle: { certificates: [null] }, connectionState: null },
    omit: ["generationId"],
  });
  const [record] = JSON.parse(body);
  assert.deepEqual(record.trustBundle, { certificates: [null] });
  assert.equal(record.connectionState, null);
  assert.equal("generationId" in record, false);
  assert.equal(record.moduleId, "m");
});

Deno.test("a rewrite of an answer without a body changes nothing", async () => {
  await using fixture = await startHub();
  const { cloud, call } = fixture;
  await call(CREATE);
  cloud.faults.add({ match: {}, fault: { kind: "rewrite", set: { a: 1 } } });
  const { status, body } = await call({
    method: "DELETE",
    path: CREATE.path,
    headers: { "if-match": "*" },
  });
  assert.deepEqual([status, body], [204, undefined]);
});
