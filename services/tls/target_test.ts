// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { parseTarget, type Target } from "./target.ts";

const PARSED: [url: string, expected: Partial<Target>][] = [
  ["https://hub.example/devices/d?api-version=1", {
    scheme: "https",
    host: "hub.example",
    isAddress: false,
    port: 443,
    authority: "hub.example",
    peer: "hub.example:443",
    path: "/devices/d?api-version=1",
  }],
  ["HTTPS://Hub.Example:8443", { host: "Hub.Example", authority: "Hub.Example:8443", path: "/" }],
  ["https://hub.example:443/", { authority: "hub.example", port: 443 }],
  ["https://hub.example:/", { authority: "hub.example", port: 443 }],
  ["http://hub.example/", { scheme: "http", port: 80, authority: "hub.example" }],
  ["http://hub.example:443/", { port: 443, authority: "hub.example:443" }],
  ["https://hub.example?q", { path: "/?q" }],
  ["https://hub.example/a#fragment", { path: "/a" }],
  ["https://hub.example./a", { host: "hub.example", authority: "hub.example." }],
  ["https://my_host/", { host: "my_host" }],
  ["https://192.0.2.7/", { host: "192.0.2.7", isAddress: true, authority: "192.0.2.7" }],
  ["https://192.0.2.256/", { isAddress: false }],
  ["https://192.0.2/", { isAddress: false }],
  ["https://[2001:db8::7]:8443/a", {
    host: "2001:db8::7",
    isAddress: true,
    port: 8443,
    authority: "[2001:db8::7]:8443",
    peer: "[2001:db8::7]:8443",
  }],
  ["https://[::ffff:192.0.2.7]/", { host: "::ffff:192.0.2.7", isAddress: true }],
];

for (const [url, expected] of PARSED) {
  Deno.test(`${url} is taken apart`, () => {
    const target = parseTarget(url);
    assert.deepEqual({ ...target, ...expected }, target);
  });
}

Deno.test("a path is sent byte for byte, dots and escapes included", () => {
  const path = "/devices/%2e%2e/a/../b/./c//%252F$edgeAgent?x=%7B&y='(),;:@\\|";
  assert.equal(parseTarget(`https://h${path}`).path, path);
});

const REFUSED: [url: string, message: RegExp][] = [
  ["", /not an http or https URL/],
  ["hub.example/path", /not an http or https URL/],
  ["ftp://hub.example/", /not an http or https URL/],
  ["https:hub.example", /not an http or https URL/],
  [" https://hub.example", /not an http or https URL/],
  ["https://", /no usable host/],
  ["https:///path", /no usable host/],
  ["https://:443/", /no usable host/],
  ["https://./", /no usable host/],
  ["https://user:secret@hub.example/", /user information/],
  ["https://b\u00fccher.example/", /no usable host/],
  ["https://hub example/", /no usable host/],
  ["https://hub%2eexample/", /no usable host/],
  ["https://hub.example:0/", /port/],
  ["https://hub.example:65536/", /port/],
  ["https://hub.example:+443/", /no usable host/],
  ["https://hub.example:443:443/", /no usable host/],
  ["https://[::1/", /no usable host/],
  ["https://[::1%eth0]/", /no usable host/],
  ["https://[1:2]/", /IPv6/],
  ["https://::1/", /no usable host/],
  [`https://${"a".repeat(254)}/`, /no usable host/],
  ["https://h/a b", /must be escaped/],
  ["https://h/a\r\nb", /must be escaped/],
  ["https://h/\u00e9", /must be escaped/],
];

for (const [url, message] of REFUSED) {
  Deno.test(`${JSON.stringify(url.slice(0, 40))} is refused as a URL`, () => {
    assert.throws(() => parseTarget(url), { name: "TypeError", message });
  });
}
