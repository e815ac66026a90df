// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { requireGrants } from "./grants.ts";

Deno.test({
  name: "what a program was started with is enough",
  permissions: { read: ["/a", "/s.sock"], write: ["/b", "/s.sock"], net: ["unix:/s.sock"] },
  fn() {
    requireGrants("aziot-x", [
      { kind: "read", path: "/a" },
      { kind: "read", path: "/a/below" },
      { kind: "write", path: "/b" },
      { kind: "socket", path: "/s.sock" },
    ]);
  },
});

for (
  const [missing, permissions] of [
    ["--allow-read=/s.sock", { write: ["/s.sock"], net: ["unix:/s.sock"] }],
    ["--allow-write=/s.sock", { read: ["/s.sock"], net: ["unix:/s.sock"] }],
    ["--allow-net=unix:/s.sock", { read: ["/s.sock"], write: ["/s.sock"] }],
  ] as const
) {
  Deno.test({
    name: `a socket that cannot be connected to for want of ${missing} is named at the start`,
    permissions: Object.fromEntries(
      Object.entries(permissions).map(([kind, paths]) => [kind, [...paths]]),
    ),
    fn() {
      assert.throws(
        () => requireGrants("aziot-x", [{ kind: "socket", path: "/s.sock" }]),
        (error: Error) =>
          error.message.includes(`aziot-x was started without the permission ${missing}`),
      );
    },
  });
}

Deno.test({
  name: "a directory beside the one that was given is not given",
  permissions: { read: ["/a"] },
  fn() {
    assert.throws(
      () => requireGrants("aziot-x", [{ kind: "read", path: "/ab" }]),
      /--allow-read=\/ab$/,
    );
    assert.throws(
      () => requireGrants("aziot-x", [{ kind: "write", path: "/a" }]),
      /--allow-write=\/a$/,
    );
  },
});
