// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { isAuthorized } from "./principals.ts";

const UID = 51183;

Deno.test("a caller may ask for the keys that a pattern of its principals matches", () => {
  const principals = [{ uid: UID, keys: ["exact", "pump-?"] }];
  for (const id of ["exact", "pump-3"]) assert.ok(isAuthorized(principals, UID, id), id);
  for (const id of ["exactly", "pump-33", ""]) assert.ok(!isAuthorized(principals, UID, id), id);
});

Deno.test("principals of one uid add up and count for no other uid", () => {
  const principals = [
    { uid: UID, keys: ["first"] },
    { uid: 51535, keys: ["*"] },
    { uid: UID, keys: ["second-*"] },
  ];
  assert.ok(isAuthorized(principals, UID, "first"));
  assert.ok(isAuthorized(principals, UID, "second-a"));
  assert.ok(!isAuthorized(principals, UID, "third"));
  assert.ok(!isAuthorized(principals, 52999, "first"));
});

Deno.test("root needs no principal", () => {
  assert.ok(isAuthorized([], 0, "anything"));
});
