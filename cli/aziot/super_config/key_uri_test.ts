// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import fc from "fast-check";
import { canonicalKeyUri, fileUriOf, pathOfFileUri } from "./key_uri.ts";

const CANONICAL: [string, string][] = [
  ["file:///etc/key.pem", "file:///etc/key.pem"],
  ["file:/etc/key.pem", "file:///etc/key.pem"],
  ["file://localhost/etc/key.pem", "file:///etc/key.pem"],
  ["file:///etc//a/./b/../key", "file:///etc/a/key"],
  ["file:///etc/dir/", "file:///etc/dir"],
  ["file:///a b/ü", "file:///a%20b/%C3%BC"],
  ["file:///a%20b/%c3%bc", "file:///a%20b/%C3%BC"],
  ["file:///%7Euser/%2D%5F%2E.x", "file:///~user/-_..x"],
  ["file:///a|b^c~d;e=f'g-h", "file:///a|b^c~d;e=f'g-h"],
  ["file:///a%23%3F%22%3C%3E%60%7B%7D%25%5C", "file:///a%23%3F%22%3C%3E%60%7B%7D%25%5C"],
  ["file:///a%ff", "file:///a%FF"],
  ["file:///a%2Fb", "file:///a/b"],
  ["file:///100%", "file:///100%25"],
  ["pkcs11:slot-id=0;object=k", "pkcs11:slot-id=0;object=k"],
  ["pkcs11:object=k;slot-id=007?pin-value=1", "pkcs11:slot-id=7;object=k?pin-value=1"],
  ["pkcs11:token=T", "pkcs11:token=T"],
  [
    "pkcs11:object=web-key;token=Lab 1?pin-value=00",
    "pkcs11:token=Lab%201;object=web%2Dkey?pin-value=00",
  ],
  [
    "pkcs11:type=private;token=t;slot-id=3;object=o;id=%01?module-path=/x&pin-value=a%26b",
    "pkcs11:slot-id=3;object=o?pin-value=a%26b",
  ],
  ["pkcs11:token=a;token=b;object=_.-~!*'()", "pkcs11:token=b;object=%5F%2E%2D%7E%21%2A%27%28%29"],
  ["pkcs11:token=T;serial=0a;object=o", "pkcs11:token=T;serial=0a;object=o"],
  ["pkcs11:token;object", "pkcs11:token=;object="],
  ["pkcs11:token=%C3%BC", "pkcs11:token=%C3%BC"],
  ["pkcs11:slot-id=18446744073709551615", "pkcs11:slot-id=18446744073709551615"],
];

for (const [uri, canonical] of CANONICAL) {
  Deno.test(`the key URI ${uri} is written as ${canonical}`, () => {
    assert.equal(canonicalKeyUri(uri), canonical);
    assert.equal(canonicalKeyUri(canonical), canonical);
  });
}

const REFUSED: [string, RegExp][] = [
  ["", /^missing scheme/],
  ["key", /^missing scheme/],
  ["/etc/key.pem", /^missing scheme: write a path as file:\/\/ URI/],
  ["File:///x", /^unrecognized scheme/],
  ["PKCS11:token=t", /^unrecognized scheme/],
  ["https://h/key", /^unrecognized scheme/],
  ["file://host/x", /^cannot convert to file path/],
  ["file:///x?pin=1", /no query/],
  ["file:///x#y", /no query and no fragment/],
  ["file:///x%00", /NUL/],
  ["pkcs11:", /^URI has neither \[slot-id\] nor \[token\] components$/],
  ["pkcs11:object=o?pin-value=1", /^URI has neither/],
  ["pkcs11:slot-id=x", /not a slot number/],
  ["pkcs11:slot-id=-1", /not a slot number/],
  ["pkcs11:slot-id=18446744073709551616", /not a slot number/],
  ["pkcs11:token=%ff", /not UTF-8/],
];

for (const [uri, reason] of REFUSED) {
  Deno.test(`the key URI ${JSON.stringify(uri)} is refused`, () => {
    assert.throws(() => canonicalKeyUri(uri), { message: reason });
  });
}

Deno.test("every path survives becoming a URI", () => {
  const segment = fc.string({ unit: "binary", minLength: 1, maxLength: 8 })
    .filter((text) => !/[/\0]/.test(text) && text !== "." && text !== ".." && text.isWellFormed());
  fc.assert(fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), (segments) => {
    const path = `/${segments.join("/")}`;
    const uri = fileUriOf(path);
    assert.equal(pathOfFileUri(uri), path);
    assert.equal(canonicalKeyUri(uri), uri);
  }));
});

Deno.test("every token, object and PIN survives the canonical form", () => {
  const text = fc.string({ unit: "binary" }).filter((text) => text.isWellFormed());
  fc.assert(fc.property(text, text, text, (token, object, pin) => {
    const encode = encodeURIComponent;
    const uri = `pkcs11:object=${encode(object)};token=${encode(token)}?pin-value=${encode(pin)}`;
    const canonical = canonicalKeyUri(uri);
    const [, t, o, p] = /^pkcs11:token=(.*);object=(.*)\?pin-value=(.*)$/.exec(canonical) ?? [];
    assert.deepEqual([t, o, p].map((part) => decodeURIComponent(part ?? "")), [token, object, pin]);
    assert.match(`${t}${o}${p}`, /^([A-Za-z0-9]|%[0-9A-F]{2})*$/);
  }));
});
