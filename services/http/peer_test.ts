// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { peerOf } from "./peer.ts";

const address = (hostname: string): Deno.NetAddr => ({ transport: "tcp", hostname, port: 7 });

Deno.test("the caller's pid, uid and gid are read from the canonical text of the address", () => {
  const rows: [text: string, pid: number, uid: number, gid: number][] = [
    ["fdac:5d5d:0:2785::", 0x2785, 0, 0],
    ["fdac:5d5d:1:2:3:4:5:6", 0x10002, 0x30004, 0x50006],
    ["fdac:5d5d::3e8:0:3e8", 0, 1000, 1000],
    ["fdac:5d5d:0:1a2b:0:3e8:0:3e9", 0x1a2b, 1000, 1001],
    ["fdac:5d5d:0:1a2b::3e9", 0x1a2b, 0, 1001],
    ["fdac:5d5d:0:1:ffff:fffe:ffff:ffff", 1, 0xfffffffe, 0xffffffff],
    ["fdac:5d5d::1", 0, 0, 1],
    ["fdac:5d5d:1::", 65536, 0, 0],
  ];
  for (const [text, pid, uid, gid] of rows) {
    assert.deepEqual({ ...peerOf(address(text)) }, { pid, uid, gid }, text);
    assert.deepEqual({ ...peerOf(address(text)) }, { pid, uid, gid }, `${text}, again`);
  }
});

Deno.test("an address that carries no identity is refused", () => {
  const rows = [
    "fdac:5d5d::", // the listener's own: its zeros would mean root
    "fdac:5d5d:0:0:0:0:0:0",
    "0.0.0.0",
    "::",
    "::1",
    "127.0.0.1",
    "",
    "localhost",
    "fdac:5d5e:0:1::",
    "fdad:5d5d:0:1::",
    "::fdac:5d5d:0:1",
    "fdac:5d5d:0:1:0:0:0",
    "fdac:5d5d:0:1:0:0:0:0:0",
    "fdac:5d5d:0:1:0:0:0:0::",
    "fdac:5d5d:0:1::3::4",
    "fdac:5d5d:0:1:0:xyz:0:0",
    "fdac:5d5d:0:1:0:10000:0:0",
    "fdac:5d5d:0:1::%eth0",
    "/run/aziot/keyd.sock",
  ];
  for (const text of rows) {
    assert.throws(() => peerOf(address(text)), /no caller identity|listener's own/, text);
  }
  assert.throws(() => peerOf({ transport: "unix", path: "/run/x" }), /no caller identity/);
});

Deno.test("more callers than are remembered are still told apart", () => {
  for (let round = 0; round < 2; round++) {
    for (let uid = 1; uid <= 3000; uid++) {
      assert.equal(peerOf(address(`fdac:5d5d:0:1:0:${uid.toString(16)}:0:1`)).uid, uid);
    }
  }
});
