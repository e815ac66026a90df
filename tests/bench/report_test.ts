// SPDX-License-Identifier: MIT

import { deepEqual, equal, match } from "node:assert/strict";
import { asJson, asText, type Measured, verdicts } from "./report.ts";

const row = { connections: 1, perSecond: 9000, p50: 100, p99: 300, cpu: 8.1234 };
const measured: Measured = {
  throughput: [
    { ...row, name: "bare" },
    { ...row, name: "floor", ratio: 1.39 },
    { ...row, name: "hmac", ratio: 4.51 },
    { ...row, name: "provisioning", ratio: 1.5 },
    { ...row, name: "identity", ratio: 7 },
    { ...row, name: "ecdsa", cpu: 100 },
    { ...row, name: "rsa", cpu: 400 },
  ],
  direct: [
    { name: "library rsa", perSecond: 3300, cpu: 303 },
    { name: "openssl ecdsa", perSecond: 50_000, cpu: 20 },
    { name: "openssl rsa", perSecond: 4000, cpu: 250 },
  ],
  manyKeys: 1.5,
  interference: [{ beside: "RSA signs", alone: 0.5, together: 2, added: 1.25 }],
  memory: [{ name: "keyd", idle: 60, peak: 100.5, growth: -3 }],
  start: { elapsed: 70, cpu: 61.25 },
  tool: [{ command: "--help", elapsed: 151, cpu: 140.25 }],
};

Deno.test("figures at their limit hold, those above are missed", () => {
  deepEqual(verdicts(measured).map(({ what, holds }) => [what, holds]), [
    ["floor, 1 connections: CPU against bare", true],
    ["hmac, 1 connections: CPU against bare", false],
    ["provisioning, 1 connections: CPU against the floor", true],
    ["ecdsa, 1 connections: signatures against openssl speed", true],
    ["rsa, 1 connections: signatures against openssl speed", false],
    ["hmac beside RSA signs: added to p99", false],
    ["keyd: memory idle", true],
    ["keyd: memory at most", false],
    ["keyd: memory added by 100 000 requests", true],
    ["keys library: memory for 1 000 keys", true],
    ["keyd: exec to first answer", true],
    ["aziot --help: exec to exit", false],
  ]);
});

Deno.test("the text shows each figure beside its limit", () => {
  const text = asText(measured);
  match(text, /^bare +1 +9000 +100\.0 +300\.0 +8\.12 +$/m);
  match(text, /^MISSED hmac, 1 connections: CPU against bare: 4\.51 x \(at most 4\.5\)$/m);
  match(text, /^identity: no limit: .+ Keys Service/m);
  match(text, /^ok {5}keyd: exec to first answer: 70 ms \(at most 100\)$/m);
  match(text, /^keyd: CPU until its first answer: 61\.3 ms$/m);
  match(text, /^MISSED aziot --help: exec to exit: 151 ms \(at most 150\)$/m);
  match(text, /^MISSED rsa, 1 connections: .+: 0\.63 x \(at least 0\.75\)$/m);
  match(text, /^library rsa: 3300\/s, CPU 303\.00 us$/m);
  match(text, /^hmac p99: 0\.50 ms alone, 2\.00 ms beside RSA signs$/m);
  match(text, /^aziot --help: CPU 140\.3 ms$/m);
});

Deno.test("the JSON is one line with all figures", () => {
  const text = asJson(measured);
  equal(text.includes("\n"), false);
  const read = JSON.parse(text);
  equal(read.throughput[0].cpu, 8.123);
  equal(read.verdicts.length, 12);
});
