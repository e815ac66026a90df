// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import type { Principal } from "./config.ts";
import { may, type Operation, Principals } from "./principals.ts";

const TABLES: Principal[] = [
  { uid: 1, name: "adm" },
  { uid: 2, name: "mod", idtype: ["module"] },
  { uid: 3, name: "dev", idtype: ["device"] },
  { uid: 4, name: "loc", idtype: ["local"], localid: { type: "x509", attributes: "server" } },
  { uid: 5, name: "all", idtype: ["device", "module", "local"] },
  { uid: 6, name: "nothing", idtype: [] },
];

const module = (id: string, type?: "aziot" | "local"): Operation => (
  type === undefined ? { name: "one module", id } : { name: "one module", id, type }
);
const OPERATIONS: [title: string, operation: Operation, allowedUids: number[]][] = [
  ["device identity", { name: "device identity" }, [0, 1, 3, 5]],
  ["own module", module("mod", "aziot"), [0, 1, 2]],
  ["local of a module principal", module("mod", "local"), [0, 1]],
  ["module principal, type not known yet", module("mod"), [0, 1, 2]],
  ["own local", module("loc", "local"), [0, 1, 4]],
  ["hub module of a local principal", module("loc", "aziot"), [0, 1]],
  ["local principal, type not known yet", module("loc"), [0, 1, 4]],
  ["both kinds", module("all", "aziot"), [0, 1, 5]],
  ["both kinds, local", module("all", "local"), [0, 1, 5]],
  ["a device principal's name", module("dev"), [0, 1]],
  ["an empty list's name", module("nothing"), [0, 1]],
  ["nobody's name", module("other"), [0, 1]],
  ["administration", { name: "administer" }, [0, 1]],
];

for (const [title, operation, allowed] of OPERATIONS) {
  Deno.test(`rights: ${title}`, () => {
    const principals = new Principals(TABLES);
    for (const uid of [0, 1, 2, 3, 4, 5, 6, 999]) {
      assert.equal(may(principals.caller(uid), operation), allowed.includes(uid), `uid ${uid}`);
    }
  });
}

Deno.test("a principal of uid 0 with idtype takes administration from root", () => {
  const principals = new Principals([{ uid: 0, name: "m", idtype: ["module"] }]);
  assert.equal(principals.caller(0).kind, "host");
  assert.equal(may(principals.caller(0), { name: "administer" }), false);
});

Deno.test("of several principals without idtype only the first is an administrator", () => {
  const principals = new Principals([{ uid: 1, name: "a" }, { uid: 2, name: "b" }, {
    uid: 0,
    name: "c",
  }]);
  assert.equal(principals.caller(1).kind, "administrator");
  assert.equal(principals.caller(2).kind, "unknown");
  assert.equal(principals.caller(0).kind, "administrator", "root needs no principal");
  assert.deepEqual(principals.ignored, ["b", "c"]);
});

Deno.test("of several principals with one uid the last one counts", () => {
  const twice = new Principals([
    { uid: 7, name: "first", idtype: ["module"] },
    { uid: 7, name: "second", idtype: ["device"] },
  ]);
  assert.equal(may(twice.caller(7), { name: "device identity" }), true);
  assert.equal(may(twice.caller(7), module("first", "aziot")), false);

  const promoted = new Principals([
    { uid: 7, name: "first", idtype: ["module"] },
    { uid: 7, name: "second" },
  ]);
  assert.equal(promoted.caller(7).kind, "administrator");

  const kept = new Principals([
    { uid: 8, name: "admin" },
    { uid: 7, name: "first", idtype: ["module"] },
    { uid: 7, name: "ignored" },
  ]);
  assert.equal(kept.caller(7).kind, "host", "an ignored principal takes nothing away");
});

Deno.test("modules and local identities are known by name, whatever their uid", () => {
  const principals = new Principals([...TABLES, { uid: 2, name: "more", idtype: ["module"] }]);
  assert.deepEqual([...principals.modules], ["mod", "all", "more"]);
  assert.deepEqual([...principals.locals], [["loc", "server"], ["all", "client"]]);
});
