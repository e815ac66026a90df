// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { STATUS_CODES } from "node:http";
import { statusText } from "./reason_phrases.ts";

Deno.test("a status is written with the phrase that everybody knows", () => {
  for (const [code, phrase] of Object.entries(STATUS_CODES)) {
    const status = Number(code);
    // Interim answers never end an exchange, and nobody has registered 509.
    if (status >= 200 && status !== 509) assert.equal(statusText(status), `${code} ${phrase}`);
  }
  assert.equal(statusText(599), "599 <unknown status code>");
});
