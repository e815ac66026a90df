// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { noContent } from "./response.ts";
import { action, type Route, RouteTable } from "./routes.ts";

const methods = { GET: action({ body: "none", run: () => noContent() }) };
const route = (path: RegExp, more: Partial<Route> = {}): Route => ({ path, methods, ...more });

const ROUTES: Route[] = [
  route(/^\/key$/),
  route(/^\/key\/([^/]+)$/),
  route(/^\/derivedkey\/export$/),
  route(/^\/new$/, { since: "2021-05-01" }),
  route(/^\/pid\/([^/]+)$/, { needsPid: true }),
  route(/^\/pid\/open$/),
  route(/^\/modules\/?$/),
  route(/^\/modules\/([^/]+)\/(start|stop)$/i),
];
const table = new RouteTable(["2020-09-01", "2021-05-01"], ROUTES);

function met(path: string, version = "2021-05-01", pid = 1): [number, ...string[]] | undefined {
  const match = table.match(path, table.version(version) ?? -1, { pid, uid: 0, gid: 0 });
  return match && [ROUTES.indexOf(match.route), ...match.params];
}

Deno.test("a path meets the first route that matches the whole of it, as it was sent", () => {
  const rows: [path: string, expected: [number, ...string[]] | undefined][] = [
    ["/key", [0]],
    ["/key/", undefined],
    ["/Key", undefined],
    ["/k%65y", undefined],
    ["//key", undefined],
    ["key", undefined],
    ["", undefined],
    ["/key/pump-3", [1, "pump-3"]],
    ["/key/a%2Fb", [1, "a/b"]],
    ["/key/a/b", undefined],
    ["/key/.", [1, "."]],
    ["/key/..", [1, ".."]],
    ["/key/%ff", undefined],
    ["/derivedkey/export", [2]],
    ["/derivedkey/export/", undefined],
    ["/modules", [6]],
    ["/modules/", [6]],
    ["/modules/$edgeAgent/START", [7, "$edgeAgent", "START"]],
  ];
  for (const [path, expected] of rows) assert.deepEqual(met(path), expected, path);
});

Deno.test("a route of a later api-version is not there in an earlier one", () => {
  assert.deepEqual(met("/new", "2021-05-01"), [3]);
  assert.equal(met("/new", "2020-09-01"), undefined);
});

Deno.test("a route that needs the caller's pid is not there without it, and the next one is met", () => {
  assert.deepEqual(met("/pid/open", "2021-05-01", 1), [4, "open"]);
  assert.deepEqual(met("/pid/open", "2021-05-01", 0), [5]);
  assert.equal(met("/pid/x", "2021-05-01", 0), undefined);
});

Deno.test("a version that a route names must be one of the service's", () => {
  assert.equal(table.version("2019-01-01"), undefined);
  assert.throws(
    () => new RouteTable(["2020-09-01"], [route(/^\/x$/, { since: "2021-05-01" })]),
    /no api-version 2021-05-01/,
  );
});
