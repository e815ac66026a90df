// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { createLog } from "../log/log.ts";
import { AccessLog } from "./access_log.ts";
import { json, noContent } from "./response.ts";
import { action, type Route } from "./routes.ts";
import { targetOf } from "./target.ts";

const methods = { GET: action({ body: "none", run: () => noContent() }) };
const MODULES: Route = { path: /^\/identities\/modules\/([^/]+)$/, methods };
const INFO: Route = { path: /^\/info$/, methods };

/** A log whose clock stands still until it is told. */
function recorded(level = "info") {
  const lines: string[] = [];
  let now = 0;
  const log = createLog("test", level, {
    write: (bytes) => void lines.push(new TextDecoder().decode(bytes).trim().split(" - ")[1] ?? ""),
    now: () => new Date(0),
  });
  const access = new AccessLog(log, () => now);
  const ask = (route: Route | undefined, uid: number, status = 200, method = "GET") => {
    const request = new Request("http://h/info", { method });
    const arrival = {
      request,
      method,
      target: targetOf(request.url),
      peer: { pid: 1, uid, gid: 1 },
    };
    access.answered(access.arrived(arrival, route), json(status, {}));
  };
  const taken = () => lines.splice(0);
  return { access, ask, taken, wait: (ms: number) => void (now += ms) };
}

const PEER = { pid: 1, uid: 5, gid: 1 };
const LINES = ["<-- GET /info {}", '--> 200 {"content-type": "application/json"}'];

Deno.test("a caller's repeated successful GETs of a route are counted, not logged", () => {
  const { access, ask, taken, wait } = recorded();
  ask(INFO, 5);
  assert.deepEqual(taken(), LINES);
  for (let count = 0; count < 57; count++) ask(INFO, 5);
  access.flush();
  assert.deepEqual(taken(), []);
  wait(60_000);
  access.flush();
  assert.deepEqual(taken(), ["GET /info by user 5: 57 more answered in the last minute"]);
});

Deno.test("there is at most one line a minute while the polling goes on", () => {
  const { access, ask, taken, wait } = recorded();
  ask(INFO, 5);
  taken();
  for (let second = 5; second <= 300; second += 5) {
    wait(5_000);
    ask(INFO, 5);
    access.flush();
  }
  assert.equal(taken().length, 5);
});

Deno.test("after a minute without a request the next one is logged in full again", () => {
  const { access, ask, taken, wait } = recorded();
  ask(INFO, 5);
  taken();
  wait(60_000);
  access.flush();
  assert.deepEqual(taken(), []);
  ask(INFO, 5);
  assert.deepEqual(taken(), LINES);
});

Deno.test("a request that was under way when its minute ended is logged, not lost", () => {
  const { access, ask, taken, wait } = recorded();
  ask(INFO, 5);
  const request = new Request("http://h/info");
  const target = targetOf(request.url);
  const entry = access.arrived({ request, method: "GET", target, peer: PEER }, INFO);
  taken();
  wait(60_000);
  access.flush();
  access.answered(entry, json(200, {}));
  assert.deepEqual(taken(), LINES);
});

Deno.test("other routes, other callers, failures and other methods are always logged", () => {
  const { ask, taken } = recorded();
  ask(INFO, 5);
  taken();
  ask(INFO, 6);
  ask(MODULES, 5);
  assert.equal(taken().length, 4);
  ask(INFO, 5, 400);
  assert.deepEqual(taken(), ["<-- GET /info {}", '--> 400 {"content-type": "application/json"}']);
  for (let count = 0; count < 2; count++) {
    ask(INFO, 5, 200, "POST");
    ask(undefined, 5, 404);
  }
  assert.equal(taken().length, 8);
});

Deno.test("a failure is not what a minute's success is known by", () => {
  const { ask, taken } = recorded();
  ask(INFO, 5, 400);
  taken();
  ask(INFO, 5);
  assert.deepEqual(taken(), LINES);
});

Deno.test("without level info nothing is built", () => {
  assert.equal(recorded("warn").access.enabled, false);
  assert.equal(recorded("info").access.enabled, true);
});
