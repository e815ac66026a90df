// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import vectors from "../vectors/cloud-tokens/tokens.json" with { type: "json" };
import { decodeBase64 } from "./base64.ts";
import {
  checkSasToken,
  fingerprint,
  makeSasToken,
  parseSasToken,
  type SasRule,
} from "./sas_token.ts";

const KEY = Uint8Array.from({ length: 32 }, (_, at) => at);
const NOW = 1_800_000_000;
const RESOURCE = "hub.example.net/devices/press-07";

function rule(changes: Partial<SasRule> = {}): SasRule {
  return {
    resources: [`${RESOURCE}/modules/m`],
    keys: [KEY],
    now: new Date(NOW * 1000),
    toleranceSeconds: 0,
    ...changes,
  };
}

function check(header: string, changes?: Partial<SasRule>): string {
  const token = parseSasToken(header);
  return token === undefined ? "malformed" : checkSasToken(token, rule(changes));
}

Deno.test("tokens of the existing product and of the documented examples are valid", () => {
  for (const { origin, key, header, resource, expiry, ...rest } of vectors) {
    const token = parseSasToken(header);
    assert.ok(token, origin);
    assert.equal(token.resource, resource);
    assert.equal(token.skn, "skn" in rest ? rest.skn : undefined);
    const bytes = decodeBase64(key);
    assert.ok(bytes);
    const verdict = checkSasToken(token, {
      resources: [resource],
      keys: [bytes],
      now: new Date((expiry - 1) * 1000),
      toleranceSeconds: 0,
    });
    assert.equal(verdict, "valid", origin);
  }
});

Deno.test("a token that is made here is valid for its resource and everything below", () => {
  const header = makeSasToken({ resource: RESOURCE, key: KEY, expiry: NOW + 30 });
  for (const resource of [RESOURCE, `${RESOURCE}/modules`, `${RESOURCE}/modules/m`]) {
    assert.equal(check(header, { resources: [resource] }), "valid", resource);
  }
});

Deno.test("the fields may come in any order and the slashes escaped in either case", () => {
  const made = makeSasToken({ resource: RESOURCE, key: KEY, expiry: NOW + 30 });
  const [sr = "", sig = "", se = ""] = made.slice("SharedAccessSignature ".length).split("&");
  assert.match(sr, /%2F/);
  assert.equal(check(`SharedAccessSignature ${se}&${sr}&${sig}`), "valid");
  assert.equal(check(`SharedAccessSignature ${sig}&${se}&skn=&${sr}`), "valid");
  // The signature is over the text as sent, so the other case is another token.
  assert.equal(
    check(`SharedAccessSignature ${sr.replaceAll("%2F", "%2f")}&${sig}&${se}`),
    "wrong signature",
  );
});

Deno.test("what is not a token is malformed", () => {
  const made = makeSasToken({ resource: RESOURCE, key: KEY, expiry: NOW + 30 });
  const rows: [what: string, header: string][] = [
    ["empty", ""],
    ["another scheme", made.replace("SharedAccessSignature", "Bearer")],
    ["the scheme in lower case", made.replace("SharedAccess", "sharedaccess")],
    ["no space", made.replace(" ", "")],
    ["no fields", "SharedAccessSignature "],
    ["no sr", made.replace(/sr=[^&]*&/, "")],
    ["empty sr", made.replace(/sr=[^&]*/, "sr=")],
    ["no sig", made.replace(/&sig=[^&]*/, "")],
    ["no se", made.replace(/&se=[^&]*/, "")],
    ["two sr", made + "&sr=x"],
    ["a field without a name", made + "&=x"],
    ["a field without a value", made + "&x"],
    ["se with a sign", made.replace("se=", "se=-")],
    ["se with a fraction", made + ".5"],
    ["se not a number", made.replace(/se=\d+/, "se=soon")],
    ["se empty", made.replace(/se=\d+/, "se=")],
    ["se beyond a number's precision", made.replace(/se=\d+/, "se=9999999999999999")],
    ["a broken escape in sr", made.replace("sr=", "sr=%zz")],
    ["a broken escape in sig", made.replace("sig=", "sig=%zz")],
    ["a broken escape in skn", made + "&skn=%zz"],
    ["sig not base64", made.replace(/sig=[^&]*/, "sig=____")],
    ["sig too short", made.replace(/sig=[^&]*/, "sig=AAAA")],
    ["sig empty", made.replace(/sig=[^&]*/, "sig=")],
  ];
  for (const [what, header] of rows) assert.equal(parseSasToken(header), undefined, what);
});

Deno.test("a signature whose plus signs were not escaped is malformed", () => {
  // Search for a signature with a plus: one in two has one.
  for (let expiry = NOW + 1;; expiry++) {
    const made = makeSasToken({ resource: RESOURCE, key: KEY, expiry });
    if (!made.includes("%2B")) continue;
    assert.equal(check(made.replaceAll("%2B", "+")), "malformed");
    return;
  }
});

Deno.test("expiry is compared with the given time and tolerance", () => {
  const day = 24 * 3600;
  const rows: [ahead: number, tolerance: number, verdict: string][] = [
    [1, 0, "valid"],
    [0, 0, "expired"],
    [-1, 0, "expired"],
    [-299, 300, "valid"],
    [-300, 300, "expired"],
    [366 * day, 0, "valid"],
    [366 * day + 1, 0, "expires more than a year ahead"],
    [366 * day + 1, 300, "expires more than a year ahead"],
  ];
  for (const [ahead, toleranceSeconds, verdict] of rows) {
    const made = makeSasToken({ resource: RESOURCE, key: KEY, expiry: NOW + ahead });
    assert.equal(check(made, { toleranceSeconds }), verdict, `${ahead} ${toleranceSeconds}`);
  }
});

Deno.test("the audience must cover the resource at a slash, without regard to case", () => {
  const rows: [audience: string, verdict: string][] = [
    ["HUB.example.net/Devices/Press-07", "valid"],
    ["hub.example.net/devices/press-07/modules/m", "valid"],
    ["hub.example.net/devices/press-07/modules/m2", "wrong audience"],
    ["hub.example.net/devices/press-07/modules/m/x", "wrong audience"],
    ["hub.example.net/devices/press-0", "wrong audience"],
    ["hub.example.net/devices/press-07/", "wrong audience"],
    ["hub.example.net/devices/press-08", "wrong audience"],
    ["other.example.net/devices/press-07", "wrong audience"],
    ["https://hub.example.net/devices/press-07", "wrong audience"],
    ["/devices/press-07", "wrong audience"],
  ];
  for (const [resource, verdict] of rows) {
    assert.equal(check(makeSasToken({ resource, key: KEY, expiry: NOW + 30 })), verdict, resource);
  }
});

Deno.test("either key signs, no other, and no token is valid without keys", () => {
  const other = KEY.map((byte) => byte ^ 1);
  const made = makeSasToken({ resource: RESOURCE, key: KEY, expiry: NOW + 30 });
  assert.equal(check(made, { keys: [other, KEY] }), "valid");
  assert.equal(check(made, { keys: [other] }), "wrong signature");
  assert.equal(check(made, { keys: [] }), "wrong signature");
});

Deno.test("a change of any signed field spoils the signature", () => {
  const made = makeSasToken({ resource: RESOURCE, key: KEY, expiry: NOW + 30 });
  assert.equal(check(made.replace(/se=\d+/, `se=${NOW + 31}`)), "wrong signature");
  assert.equal(check(made.replace("press-07", "Press-07")), "wrong signature");
});

Deno.test("a fingerprint tells signatures apart and does not hold one", () => {
  const first = new Uint8Array(32);
  const second = new Uint8Array(32).fill(1);
  assert.match(fingerprint(first), /^[0-9a-f]{16}$/);
  assert.notEqual(fingerprint(first), fingerprint(second));
});
