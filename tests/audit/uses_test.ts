// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { developmentRoots, program } from "../../packaging/manifest.ts";
import { countingEntries, entriesFor, readUses } from "./uses.ts";

const ROOTS = developmentRoots("/tmp/x", "/lib");

Deno.test("an audit is read line by line, and a line that was cut off is none", () => {
  const line = (kind: string, value: string) =>
    `{"v":1,"datetime":"2026-05-04T10:11:12Z","permission":"${kind}","value":${value}}\n`;
  assert.deepEqual(
    readUses(line("read", '"/a"') + line("net", "null") + '{"v":1,"datetime":"20'),
    [{ kind: "read", value: "/a" }, { kind: "net", value: "" }],
  );
});

Deno.test("a use needs the entries that cover it, and no others", () => {
  const certd = program("certd");
  const rows: [kind: string, value: string, entries: string[]][] = [
    ["read", "/tmp/x/etc/aziot/certd", ["${etc}/certd"]],
    ["read", "/tmp/x/etc/aziot/certd/config.d/a.toml", ["${etc}/certd"]],
    ["read", "/tmp/x/etc/aziot/certdx", []],
    ["read", "/etc/ssl/x.pem", ["/etc"]],
    ["write", "/etc/ssl/x.pem", []],
    ["write", "", []],
    ["env", "AZIOT_LOG", ["AZIOT_LOG"]],
    ["env", "AZIOT_LIB_DIR", ["AZIOT_LIB_DIR"]],
    ["env", "HOME", []],
    ["ffi", "/lib/libaziot_sys.so", ["${lib}/libaziot_sys.so"]],
    ["ffi", "/lib/libaziot_sys.so/x", []],
    ["net", "[fdac:5d5d::]:3", ["[fdac:5d5d::]:3"]],
    ["net", "[fdac:5d5d::]:4", []],
    ["import", "https://example.com", []],
  ];
  for (const [kind, value, entries] of rows) {
    assert.deepEqual(entriesFor({ kind, value }, certd, ROOTS), entries, `${kind} ${value}`);
  }
  assert.equal(entriesFor({ kind: "net", value: "x:443" }, program("identityd"), ROOTS), true);
});

Deno.test("an entry below another one grants nothing on a device", () => {
  assert.deepEqual(countingEntries(program("certd"), "write"), ["${state}/certd", "/var/secrets"]);
  assert.deepEqual(countingEntries(program("identityd"), "net"), []);
});
