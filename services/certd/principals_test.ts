// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { isAuthorized } from "./principals.ts";

const UID = 1001;

Deno.test("a caller may change the certificates that a pattern of its principals matches", () => {
  const principals = [{ uid: UID, certs: ["line-*", "aziot-edged/module/*", "m?d"] }];
  for (const id of ["line-", "line-a/b", "aziot-edged/module/hub:1:server", "méd"]) {
    assert.ok(isAuthorized(principals, UID, id), id);
  }
  for (const id of ["line", "Line-1", "mood", ""]) {
    assert.ok(!isAuthorized(principals, UID, id), id);
  }
});

Deno.test("principals of one uid add up and count for no other uid", () => {
  const principals = [
    { uid: UID, certs: ["first"] },
    { uid: 1002, certs: ["*"] },
    { uid: UID, certs: ["second"] },
  ];
  assert.ok(isAuthorized(principals, UID, "first"));
  assert.ok(isAuthorized(principals, UID, "second"));
  assert.ok(!isAuthorized(principals, UID, "third"));
  assert.ok(!isAuthorized(principals, 1003, "first"));
});

Deno.test("root needs no principal", () => {
  assert.ok(isAuthorized([], 0, "anything"));
});
