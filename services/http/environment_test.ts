// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import {
  endpointsAreConfigurable,
  limitScale,
  readEnv,
  readSwitch,
  timeScale,
} from "./environment.ts";

/** Sets a variable for the time of `use`. */
function withVariable(name: string, value: string, use: () => void): void {
  const before = Deno.env.get(name);
  Deno.env.set(name, value);
  try {
    use();
  } finally {
    if (before === undefined) Deno.env.delete(name);
    else Deno.env.set(name, before);
  }
}

Deno.test({
  name: "a developer switch that may not be read counts as unset",
  permissions: { env: ["ALLOWED"] },
  fn() {
    assert.equal(readSwitch("AZIOT_DEV_TIME_SCALE"), undefined);
    assert.deepEqual([timeScale(), limitScale()], [1, 1]);
    assert.equal(endpointsAreConfigurable(), false);
  },
});

Deno.test({
  name: "a variable that an administrator may set and the program may not read is an error",
  permissions: { env: ["ALLOWED"] },
  fn() {
    assert.equal(readEnv("ALLOWED"), undefined);
    assert.throws(() => readEnv("AZIOT_LOG"), /without permission to read .* AZIOT_LOG/);
  },
});

Deno.test("the time scale is a factor above 0, and may be another one for time limits", () => {
  const rows: [value: string, time: number, limit: number][] = [
    ["1", 1, 1],
    ["0.05", 0.05, 0.05],
    ["2", 2, 2],
    ["1e-3", 0.001, 0.001],
    ["0.02,1", 0.02, 1],
    ["1, 0.5", 1, 0.5],
  ];
  for (const [value, ...scales] of rows) {
    withVariable("AZIOT_DEV_TIME_SCALE", value, () => {
      assert.deepEqual([timeScale(), limitScale()], scales, value);
    });
  }
  const bad = ["0", "-1", "x", "", " ", "NaN", "Infinity", "1001", "1,", ",1", "1,0", "1,1,1", ","];
  for (const value of bad) {
    withVariable("AZIOT_DEV_TIME_SCALE", value, () => {
      for (const scale of [timeScale, limitScale]) {
        assert.throws(scale, /AZIOT_DEV_TIME_SCALE must be a number/, value);
      }
    });
  }
});

Deno.test("endpoints are configurable only with the developer switch", () => {
  for (const [value, expected] of [["1", true], ["0", false], ["true", false]] as const) {
    withVariable("AZIOT_DEV_ENDPOINTS", value, () => {
      assert.equal(endpointsAreConfigurable(), expected);
    });
  }
});
