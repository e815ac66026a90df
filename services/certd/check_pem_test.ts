// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { holdsCertificate, isReadable } from "./check_pem.ts";
import { CERTIFICATE, REQUEST } from "./test_pem.ts";

const relabelled = REQUEST.replaceAll("CERTIFICATE REQUEST", "CERTIFICATE");
const broken = CERTIFICATE.replace("MII", "M!I");

Deno.test("a text holds a certificate when one of its blocks is one", async () => {
  const rows: [what: string, text: string, holds: boolean, readable: boolean][] = [
    ["nothing", "", false, true],
    ["a certificate", CERTIFICATE, true, true],
    ["two", CERTIFICATE + CERTIFICATE, true, true],
    ["text around it", `subject=press\n${CERTIFICATE}\nthe end`, true, true],
    ["Windows line ends", CERTIFICATE.replaceAll("\n", "\r\n"), true, true],
    ["no text that looks like PEM", "this is no certificate", false, true],
    ["a request", REQUEST, false, true],
    ["a request that is called a certificate", relabelled, false, false],
    ["something else in base64", CERTIFICATE.replace(/\n[^-]+\n/, "\nAAAA\n"), false, false],
    ["no base64", broken, false, false],
    ["one good, one bad", CERTIFICATE + broken, true, false],
    ["cut short", CERTIFICATE.slice(0, 300), false, false],
  ];
  for (const [what, text, holds, readable] of rows) {
    assert.equal(await holdsCertificate(text), holds, what);
    assert.equal(await isReadable(text), readable, what);
  }
});
