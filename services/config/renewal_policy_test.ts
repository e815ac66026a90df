// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { formatRenewalPolicy, parseRenewalPolicy } from "./renewal_policy.ts";

for (
  const [text, unit, value, written] of [
    ["80%", "percent", 80, "80%"],
    ["1%", "percent", 1, "1%"],
    ["99%", "percent", 99, "99%"],
    ["12day", "seconds", 1_036_800, "12day"],
    ["+5day", "seconds", 432_000, "5day"],
    ["72min", "seconds", 4320, "72min"],
    ["2880min", "seconds", 172_800, "2day"],
  ] as const
) {
  Deno.test(`the renewal policy ${text} is read and written as ${written}`, () => {
    const policy = parseRenewalPolicy(text);
    assert.deepEqual(policy, { unit, value });
    assert.equal(formatRenewalPolicy(policy), written);
  });
}

for (
  const [text, reason] of [
    ["", /^policy not specified$/],
    ["80", /^bad units for policy/],
    ["1h", /^bad units for policy/],
    ["5days", /^bad units for policy/],
    ["%", /^policy could not be parsed as number$/],
    ["5 day", /^policy could not be parsed as number$/],
    ["1.5%", /^policy could not be parsed as number$/],
    ["99999999999999999day", /^policy could not be parsed as number$/],
    ["0min", /^renewal policy values must be positive$/],
    ["-5%", /^renewal policy values must be positive$/],
    ["100%", /^lifetime percentage must be less than 100$/],
  ] as const
) {
  Deno.test(`the renewal policy ${JSON.stringify(text)} is refused`, () => {
    assert.throws(() => parseRenewalPolicy(text), { message: reason });
  });
}
