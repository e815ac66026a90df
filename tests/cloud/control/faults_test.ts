// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { httpsRequest } from "../https_request.ts";
import { members, withCloud } from "./control_fixture.ts";

Deno.test("a fault is ordered, listed, used up and gone", async () => {
  await withCloud(async (control, cloud) => {
    await control("PUT", "/hubs/hub", {});
    const port = cloud.hubs.get("hub")?.port ?? 0;
    const order = {
      match: { surface: "hub", method: "GET", path: "^/devices/" },
      count: 1,
      fault: { kind: "status", status: 503, body: "busy", contentType: "text/plain" },
    };
    assert.deepEqual(await control("POST", "/faults", order), [200, { id: 1 }]);
    assert.deepEqual(await control("GET", "/faults"), [200, [{ ...order, id: 1, hits: 0 }]]);
    const send = (target: string) => httpsRequest({ port, ca: cloud.ca, target });
    assert.equal((await send("/")).status, 400);
    assert.deepEqual((await send("/devices/d/modules")).body, "busy");
    assert.equal((await send("/devices/d/modules")).status, 400);
    assert.deepEqual(await control("GET", "/faults"), [200, []]);
  });
});

Deno.test("faults end one by one or all together", async () => {
  await withCloud(async (control) => {
    const order = { fault: { kind: "drop", when: "never" } };
    for (let turn = 0; turn < 3; turn++) await control("POST", "/faults", order);
    assert.deepEqual(await control("DELETE", "/faults/2"), [204, ""]);
    assert.equal((await control("DELETE", "/faults/2"))[0], 404);
    const left = (await control("GET", "/faults"))[1];
    assert.deepEqual(Array.isArray(left) && left.map(({ id }) => id), [1, 3]);
    assert.deepEqual(await control("DELETE", "/faults"), [204, ""]);
    assert.deepEqual(await control("GET", "/faults"), [200, []]);
  });
});

Deno.test("each kind of fault is taken with all its members", async () => {
  await withCloud(async (control) => {
    const faults = [
      { kind: "status", status: 500, networkError: true, headers: { a: "b" }, perform: true },
      { kind: "status", status: 500, body: null, contentType: null },
      { kind: "throttle" },
      { kind: "throttle", retryAfter: 7, asDate: true },
      { kind: "throttle", retryAfter: "soon" },
      { kind: "delay", seconds: 0.5, where: "body" },
      { kind: "drop", when: "half-body" },
      { kind: "drop", when: "before-answer", perform: true },
      { kind: "rewrite", set: { a: null }, omit: ["b"] },
    ];
    for (const fault of faults) {
      const [status, body] = await control("POST", "/faults", { fault, skip: 1, probability: 0.5 });
      assert.equal(status, 200, JSON.stringify(body));
    }
  });
});

Deno.test("an order that makes no sense says why", async () => {
  await withCloud(async (control, cloud) => {
    const drop = { kind: "drop", when: "never" };
    const rows: [order: unknown, error: RegExp][] = [
      [{}, /fault/],
      [{ fault: {} }, /fault/],
      [{ fault: { kind: "explode" } }, /fault\.kind: .*"throttle".*"explode"/],
      [{ fault: { kind: "status" } }, /status/],
      [{ fault: { kind: "status", status: 99 } }, /fault\.status: /],
      [{ fault: { kind: "status", status: 500, headers: { "a b": "x" } } }, /header name/],
      [{ fault: { kind: "status", status: 500, headers: { a: "x\ny" } } }, /header value/],
      [{ fault: { kind: "status", status: 500, contentType: "a\r\nb" } }, /header value/],
      [{ fault: { kind: "throttle", retryAfter: true } }, /fault\.retryAfter: /],
      [{ fault: { kind: "delay" } }, /seconds/],
      [{ fault: { kind: "delay", seconds: -1 } }, /fault\.seconds: /],
      [{ fault: { kind: "drop", when: "often" } }, /fault\.when: /],
      [{ fault: { ...drop, extra: 1 } }, /extra/],
      [{ fault: drop, count: 0 }, /count: /],
      [{ fault: drop, skip: -1 }, /skip: /],
      [{ fault: drop, probability: 2 }, /probability: /],
      [{ fault: drop, match: { surface: "mars" } }, /match\.surface: /],
      [{ fault: drop, match: { path: "(" } }, /match\.path: "\(" is not a regular expression/],
    ];
    for (const [order, error] of rows) {
      const [status, body] = await control("POST", "/faults", order);
      const text = JSON.stringify(order);
      assert.equal(status, 400, text);
      assert.match(String(members(body).error), error, text);
    }
    assert.deepEqual(cloud.faults.list(), []);
  });
});
