// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { preloadedUrl } from "./preloaded.ts";

Deno.test("a file URL names a path, percent-decoded", () => {
  const rows: [url: string, path: string][] = [
    ["file:///var/secrets/ca.pem", "/var/secrets/ca.pem"],
    ["file://localhost/etc/ca.pem", "/etc/ca.pem"],
    ["FILE://LOCALHOST/etc/ca.pem", "/etc/ca.pem"],
    ["file:///x/with%20space%C3%A9.pem", "/x/with spaceé.pem"],
    ["file:///x/é a.pem", "/x/é a.pem"],
    ["file:///x/100%zz", "/x/100%zz"],
    ["file:///x/a?b#c", "/x/a"],
    ["file:///x/a%3Fb%23c", "/x/a?b#c"],
    ["file:/x", "/x"],
  ];
  for (const [url, path] of rows) {
    assert.deepEqual(preloadedUrl(url), { kind: "file", path }, url);
  }
});

Deno.test("any other URL is of no use, and says why", () => {
  const rows: [url: string, reason: string][] = [
    ["http://example.net/x", 'unrecognized scheme "http"'],
    ["pkcs11:object=x", 'unrecognized scheme "pkcs11"'],
    ["file://otherhost/x", "not a valid path"],
    ["file:///x/%ff", "not a valid path"],
  ];
  for (const [url, reason] of rows) {
    assert.deepEqual(preloadedUrl(url), { kind: "unusable", reason }, url);
  }
});
