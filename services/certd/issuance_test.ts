// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import * as v from "valibot";
import { type Issuance, issuanceSchema, issuanceWarnings } from "./issuance.ts";

const parse = (table: unknown): Issuance => v.parse(issuanceSchema, table);
const refusal = (table: unknown): string => {
  const { issues } = v.safeParse(issuanceSchema, table, { abortEarly: true });
  return issues?.[0].message ?? assert.fail(JSON.stringify(table));
};

Deno.test("an empty table issues nothing", () => {
  assert.deepEqual(parse({}), {
    est: { trustedCerts: [], urls: new Map(), complaints: [] },
    certs: new Map(),
  });
});

Deno.test("every table beside est and local_ca is the options of one certificate", () => {
  const issuance = parse({
    est: {
      trusted_certs: ["plant-root"],
      identity_cert: "est-id",
      identity_pk: "est-key",
      bootstrap_identity_cert: "factory-id",
      bootstrap_identity_pk: "factory-key",
      identity_auto_renew: { rotate_key: true, threshold: "30day", retry: "12%" },
      urls: { default: "https://ca.plant.example:8443/.well-known/est" },
    },
    local_ca: { cert: "local-ca", pk: "local-key" },
    "device-id": { method: "est", url: "https://ca.example/est", username: "u", password: "" },
    "aziot-edged-ca": { method: "self_signed", expiry_days: 90, common_name: "press 12" },
    "line-gateway": { method: "local_ca", subject: { O: "Plant", CN: "gw-12" } },
  });
  assert.deepEqual(issuance, {
    est: {
      trustedCerts: ["plant-root"],
      urls: new Map([["default", "https://ca.plant.example:8443/.well-known/est"]]),
      auth: {
        identity: { cert: "est-id", key: "est-key" },
        bootstrap: { cert: "factory-id", key: "factory-key" },
      },
      autoRenew: {
        rotate_key: true,
        threshold: { unit: "seconds", value: 2_592_000 },
        retry: { unit: "percent", value: 12 },
      },
      complaints: [],
    },
    localCa: { cert: "local-ca", pk: "local-key" },
    certs: new Map<string, unknown>([
      ["device-id", {
        method: "est",
        url: "https://ca.example/est",
        auth: { basic: { username: "u", password: "" } },
        complaints: [],
      }],
      ["aziot-edged-ca", {
        method: "self_signed",
        expiryDays: 90,
        subject: { commonName: "press 12" },
        complaints: [],
      }],
      ["line-gateway", {
        method: "local_ca",
        subject: { attributes: new Map([["O", "Plant"], ["CN", "gw-12"]]) },
        complaints: [],
      }],
    ]),
  });
  assert.deepEqual(issuanceWarnings(issuance), []);
});

Deno.test("options that make no sense are refused", () => {
  const est = (more: object) => ({
    est: { identity_auto_renew: { rotate_key: true, threshold: "80%", retry: "4%", ...more } },
  });
  const rows: [table: unknown, message: RegExp][] = [
    [{ x: "est" }, /Expected Object/],
    [{ x: {} }, /"method"/],
    [{ x: { method: "zz" } }, /"zz"/],
    [{ x: { method: "est", expiry_days: 0 } }, /expiry_days must be greater than 0/],
    [{ x: { method: "est", expiry_days: -3 } }, /integer `-3`, expected u32/],
    [{ x: { method: "est", expiry_days: 4294967296 } }, /expected u32/],
    [{ x: { method: "est", url: "/x" } }, /not an absolute URL/],
    [{ x: { method: "est", url: 5 } }, /Expected string/],
    [{ local_ca: { cert: "x" } }, /"pk"/],
    [{ est: { trusted_certs: "x" } }, /Expected Array/],
    [{ est: { urls: { default: "x" } } }, /not an absolute URL/],
    [{ est: { identity_auto_renew: { rotate_key: true, threshold: "80%" } } }, /"retry"/],
    [est({ threshold: "80" }), /bad units for policy/],
    [est({ threshold: "100%" }), /must be less than 100/],
    [est({ retry: "0min" }), /must be positive/],
    [est({ threshold: "5 day" }), /could not be parsed as number/],
    [est({ threshold: "1h" }), /bad units for policy/],
    [est({ rotate_key: "yes" }), /Expected boolean/],
  ];
  for (const [table, message] of rows) assert.match(refusal(table), message);
});

Deno.test("what is incomplete or of the wrong type does not count, and is told", () => {
  const rows: [options: Record<string, unknown>, counts: object, complaints: string[]][] = [
    [{ username: "u" }, {}, ["`username` is ignored without `password`"]],
    [{ password: "p" }, {}, ["`password` is ignored without `username`"]],
    [
      { username: 5, password: "p" },
      {},
      ["`username` is not a string and is ignored", "`password` is ignored without `username`"],
    ],
    [{ identity_cert: "c" }, {}, ["`identity_cert` is ignored without `identity_pk`"]],
    [
      { bootstrap_identity_cert: "c", bootstrap_identity_pk: "k" },
      {},
      [
        "`bootstrap_identity_cert` and `bootstrap_identity_pk` are ignored without " +
        "`identity_cert` and `identity_pk`",
      ],
    ],
    [
      { username: "u", password: "p", bootstrap_identity_pk: "k" },
      { auth: { basic: { username: "u", password: "p" } } },
      ["`bootstrap_identity_pk` is ignored without `bootstrap_identity_cert`"],
    ],
    [
      { common_name: "a", subject: { CN: "b" } },
      { subject: { commonName: "a" } },
      ["`subject` is ignored beside `common_name`"],
    ],
    [
      { common_name: 5, subject: { CN: "b" } },
      {},
      [
        "`subject` is ignored beside `common_name`",
        "`common_name` is not a string and is ignored",
      ],
    ],
    [{ subject: { CN: 5 } }, {}, ["`subject` is not a table of strings and is ignored"]],
    [{ subject: {} }, { subject: { attributes: new Map() } }, []],
  ];
  for (const [options, counts, complaints] of rows) {
    const issuance = parse({ pump: { method: "est", ...options } });
    assert.deepEqual(issuance.certs.get("pump"), { method: "est", ...counts, complaints });
    assert.deepEqual(
      issuanceWarnings(issuance),
      complaints.map((text) => `[cert_issuance.pump] ${text}`),
    );
  }
  assert.deepEqual(issuanceWarnings(parse({ est: { password: "p" } })), [
    "[cert_issuance.est] `password` is ignored without `username`",
  ]);
});

Deno.test("EST without TLS is warned about, without the password in the URL", () => {
  const warning = (url: string) =>
    `EST server URL "${url}" is configured with unencrypted HTTP, which may expose device to ` +
    "man-in-the-middle attacks. To clear this warning, configure HTTPS for your EST server and " +
    "update the URL.";
  assert.deepEqual(
    issuanceWarnings(parse({
      est: { urls: { default: "http://x/y", other: "https://x/y" } },
      pump: { method: "est", url: "http://u:secret@x/z" },
    })),
    [warning("http://x/y"), warning("http://u:******@x/z")],
  );
});
