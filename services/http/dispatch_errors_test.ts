// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { ask, VERSION } from "./testing/ask.ts";

Deno.test("an error of an action becomes its status, and nothing of ours is told", async () => {
  const rows: [how: string, status: number, text: string][] = [
    ["service", 401, "user 5 is not authorized"],
    ["later-service", 401, "user 5 is not authorized"],
    [
      "parameter",
      400,
      'parameter "id" has an invalid value\ncaused by: nul byte\ncaused by: deep',
    ],
    ["ours", 500, "internal error"],
    ["later-ours", 500, "internal error"],
    ["gateway", 502, "container runtime error"],
    ["string", 500, "internal error"],
    ["undefined", 500, "internal error"],
  ];
  for (const [how, status, text] of rows) {
    const received = await ask({ target: `/fail/${how}?${VERSION}` });
    assert.equal(received.status, status, how);
    const { message: got, correlationId, ...rest } = received.body as Record<string, string>;
    assert.equal(got, text);
    assert.deepEqual(rest, {});
    if (status < 500) assert.equal(correlationId, undefined);
    else {
      assert.ok(correlationId !== undefined && correlationId.length >= 16);
      assert.ok(received.log.some((line) => line.includes(correlationId)), "finds the record");
    }
  }
});

Deno.test("an error of an action is logged line by line, under its request", async () => {
  const parameter = await ask({ target: `/fail/parameter?${VERSION}` });
  assert.deepEqual(parameter.log, [
    `<6>[INFO] - <-- GET /fail/parameter?${VERSION} {"host": "x"}`,
    '<6>[INFO] - !!! parameter "id" has an invalid value',
    "<6>[INFO] - !!! caused by: nul byte",
    "<6>[INFO] - !!! caused by: deep",
    '<6>[INFO] - --> 400 {"content-type": "application/json"}',
  ]);
  const ours = await ask({ target: `/fail/ours?${VERSION}` });
  const { correlationId } = ours.body as { correlationId: string };
  assert.deepEqual(ours.log.slice(1, -1), [
    `<3>[ERR!] - !!! internal error (correlationId ${correlationId})`,
    "<3>[ERR!] - !!! caused by: could not load key",
    "<3>[ERR!] - !!! caused by: disk",
    "<3>[ERR!] - !!! broken",
  ]);
});

Deno.test("an error with a caller's line ends in it makes a few records, not one each", async () => {
  const { log } = await ask({ target: `/fail/lines?${VERSION}` });
  assert.equal(log.length, 2 + 16 + 1);
  assert.equal(log[17], "<6>[INFO] - !!! …");
});

Deno.test("errors of version, route, method and body leave no line of their own", async () => {
  for (
    const sent of [{ target: "/text" }, { target: `/x?${VERSION}` }, { method: "POST", body: "{" }]
  ) {
    const { log } = await ask(sent);
    assert.equal(log.length, 2, log.join("\n"));
    assert.ok(!log.some((line) => line.includes("!!!")));
  }
});

Deno.test("bodies and headers with secrets do not get into the log", async () => {
  const { log } = await ask({
    method: "POST",
    body: '{"text":"topsecret"}',
    headers: { authorization: "topsecret", "x-key": "topsecret", cookie: "topsecret" },
  });
  assert.equal(log.length, 2);
  assert.ok(!log.join().includes("topsecret"));
});
